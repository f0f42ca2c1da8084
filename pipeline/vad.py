"""Voice activity of all calls of a process: one model, batched, off the event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from pipeline.ports import VoiceActivityModel, VoiceGate

log = structlog.get_logger(__name__)

Window = npt.NDArray[np.float32]
Offload = Callable[..., Awaitable[Any]]

_COLLECT_S = 0.0001  # for each call that is open, a batch waits this long for other calls' windows
_LONGEST_COLLECT_S = 0.004
_GATE_HOLD_WINDOWS = 12  # after the gate last opened, the model goes on listening
_HEARD_AT_ONCE = 8
_MAX_PENDING_WINDOWS = 64  # 2 s: a track that falls further behind drops its oldest


def _ignore(_probability: float, _pos_samples: int) -> None:
    """Take what is still under way for a track that has closed."""


class VadTrack:
    """One call's ear: cuts frames into windows and asks the model about those that may be speech."""

    def __init__(
        self, scheduler: "VadScheduler", gate: VoiceGate | None, on_probability: Callable[[float, int], None]
    ) -> None:
        """Report each window's probability and the sample it begins at to `on_probability`, in order."""
        self._scheduler = scheduler
        self._gate = gate
        self.on_probability = on_probability
        self.state = scheduler.model.new_state()
        self.pending: list[tuple[int, Window | None]] = []
        self._rest = np.zeros(0, np.float32)
        self._pos_samples = 0
        self._held = 0
        self._last_closed: Window | None = None

    def feed(self, pcm: bytes) -> None:
        """Take 20 ms at 16 kHz. Never waits."""
        if self._gate is None or self._gate.may_be_speech(pcm):
            self._held = _GATE_HOLD_WINDOWS
        self._rest = np.concatenate((self._rest, np.frombuffer(pcm, np.int16).astype(np.float32) / 32768.0))
        size = self._scheduler.model.window_samples
        while len(self._rest) >= size:
            self._window(self._rest[:size])
            self._rest = self._rest[size:]

    def close(self) -> None:
        """Stop listening; may be called twice."""
        self.on_probability = _ignore
        self._scheduler.forget(self)

    def _window(self, window: Window) -> None:
        pos = self._pos_samples
        self._pos_samples += len(window)
        if self._held == 0:
            self._last_closed = window
            self._put(pos, None)
            return
        if self._last_closed is not None:
            # The gate has just opened. The memory is of the silence before it closed, which goes on up to here: a fresh
            # one would take the next syllable to warm up, and letters that are spelled out have only one.
            self._put(pos - len(window), self._last_closed)
            self._last_closed = None
        self._held -= 1
        self._put(pos, window)

    def _put(self, pos: int, window: Window | None) -> None:
        if window is None and not self.pending:
            self.on_probability(0.0, pos)
            return
        self.pending.append((pos, window))
        if len(self.pending) > _MAX_PENDING_WINDOWS:
            del self.pending[0]
        self._scheduler.wake(self)


class VadScheduler:
    """Runs the model over all tracks, one window of each at a time."""

    def __init__(self, model: VoiceActivityModel, offload: Offload = asyncio.to_thread) -> None:
        """Call the model through `offload(function, *args)`."""
        self.model = model
        self._offload = offload
        self._open: set[VadTrack] = set()
        self._ready: dict[VadTrack, None] = {}
        self._wake = asyncio.Event()

    def open(self, on_probability: Callable[[float, int], None], gate: VoiceGate | None = None) -> VadTrack:
        """Start listening to one more call."""
        track = VadTrack(self, gate, on_probability)
        self._open.add(track)
        return track

    def wake(self, track: VadTrack) -> None:
        """Say that `track` has something to score."""
        self._ready[track] = None
        self._wake.set()

    def forget(self, track: VadTrack) -> None:
        """Drop what `track` still has waiting; it is closed."""
        self._open.discard(track)
        track.pending.clear()
        self._ready.pop(track, None)

    async def run(self) -> None:
        """Score for ever; the server's task group owns this."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._ready:
                await asyncio.sleep(min(_COLLECT_S * len(self._open), _LONGEST_COLLECT_S))
                await self._score_one_each()

    async def _score_one_each(self) -> None:
        batch = [(track, *track.pending.pop(0)) for track in list(self._ready) if track.pending]
        for track in list(self._ready):
            if not track.pending:
                del self._ready[track]
        results = await self._score({track: window for track, _, window in batch if window is not None})
        for number, (track, pos, _) in enumerate(batch, 1):
            if number % _HEARD_AT_ONCE == 0:
                await asyncio.sleep(0)  # what a call makes of it takes a while: others send sound
            try:
                track.on_probability(results.get(track, 0.0), pos)
            except Exception:  # one call ends here: the others must go on hearing
                log.exception("vad_listener_failed")
                track.close()

    async def _score(self, windows: dict[VadTrack, Window]) -> dict[VadTrack, float]:
        """Return the probability of each window; of none if the model breaks, which then counts as silence."""
        if not windows:
            return {}
        tracks = list(windows)
        try:
            probabilities, states = await self._offload(
                self.model.run, np.stack(list(windows.values())), np.stack([track.state for track in tracks])
            )
        except Exception:  # one request of all calls ends here: the next may work
            log.exception("vad_failed", windows=len(windows))
            return {}
        for track, state in zip(tracks, states, strict=True):
            track.state = state
        return {track: float(probability) for track, probability in zip(tracks, probabilities, strict=True)}
