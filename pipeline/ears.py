"""The hearing half of a call: frames become voice edges, and the audio of a turn reaches the recogniser."""

import math
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np

from pipeline.audio.denoise import NoiseReducer
from pipeline.audio.resample import Resampler
from pipeline.ingest import FRAME_SAMPLES, LINE_RATE_HZ, RATE_HZ, Ingest, Sound
from pipeline.manner import PLAIN, Manner
from pipeline.played import Played
from pipeline.ports import SttStream, VoiceGate
from pipeline.turns import nearness
from pipeline.turns.nearness import Nearness
from pipeline.turns.voice_activity import Activity, SpeechStarted, SpeechStopped, VoiceEdge, step
from pipeline.vad import VadScheduler
from pipeline.voice_edge import LOOK_AHEAD_SAMPLES, LOOK_BACK_SAMPLES, voice_end

_PREROLL_FRAMES = 20  # 400 ms: the detector needs 100 to 200 ms to be sure, and a plosive starts before the voice
_UNSURE_FRAMES = 8  # of a turn that is closed, the next may already have begun in these 160 ms
_MISSING_FRAMES = 20  # 400 ms: enough for the detector to be sure of silence
_LATEST_FRAMES = 150  # 3 s: the detector is not later than that
_KEPT_FRAMES = 50 * 90  # of a turn, for the judgement whether it is over
_WINDOW_SAMPLES = 512  # of the detector
_ECHO_SAMPLES = RATE_HZ // 5  # of what is heard
_SILENCE_DB = -120.0


def level_db(pcm: bytes) -> float:
    """Return how loud int16 audio is, of full scale."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    return 10.0 * math.log10(float(samples @ samples) / len(samples) / 32768.0**2 + 1e-12)


class Ears:
    """Keeps the last moments of audio, so that a turn reaches the recogniser from its first sound."""

    def __init__(
        self,
        rate_in_hz: int,
        vad: VadScheduler,
        gate: VoiceGate | None,
        on_edge: Callable[[VoiceEdge], None],
        manner: Manner = PLAIN,
    ) -> None:
        """Report edges to `on_edge`."""
        self._ingest = Ingest(rate_in_hz)
        self._on_edge = on_edge
        self._sensitivity = manner.sensitivity
        self._clean = NoiseReducer(manner.noise_reduction) if manner.noise_reduction else None
        self._activity = Activity()
        self._near = Nearness()
        self._track = vad.open(self._on_probability, gate)
        self._preroll: deque[Sound] = deque(maxlen=_PREROLL_FRAMES)
        self.language: str | None = None  # of the next turn; None as the recogniser was opened
        self._stream: SttStream | None = None
        self._stt_rate_hz = RATE_HZ
        self._turn: deque[Sound] | None = None
        self._latest: deque[tuple[int, bytes]] = deque(maxlen=_LATEST_FRAMES)
        self._played = Played()
        self._pos_samples = 0  # of what was handed on
        self._voice_from = 0
        self._voice_to: int | None = None  # None while somebody speaks

    @property
    def stt_rates_hz(self) -> tuple[int, ...]:
        """At which rates a recogniser can be attached, best first: a telephone's sound needs no conversion."""
        return (LINE_RATE_HZ, RATE_HZ) if self._ingest.rate_hz == LINE_RATE_HZ else (RATE_HZ,)

    def attach(self, stream: SttStream, rate_hz: int = RATE_HZ) -> None:
        """Send turns to this recogniser at 8 or 16 kHz; one that is open already goes to it from its beginning."""
        self._stream, self._stt_rate_hz = stream, rate_hz
        self._to_line = Resampler(RATE_HZ, LINE_RATE_HZ)  # of a leg that changed its rate
        if self._turn is not None:
            self._begin(stream, self._turn)

    def announce_rate(self, rate_hz: int) -> None:
        """Expect another rate from now on."""
        self._ingest.announce_rate(rate_hz)

    @property
    def pos_samples(self) -> int:
        """Samples taken so far, at 16 kHz."""
        return self._ingest.pos_samples

    def feed(self, pcm: bytes) -> list[bytes]:
        """Take what a leg sent; return the 20 ms frames it made, at 16 kHz."""
        return self._take(self._ingest.feed(pcm))

    def miss(self) -> None:
        """Take it for silence that nothing comes: a voice that was there has stopped."""
        self._take(self._ingest.silence(_MISSING_FRAMES))

    def _take(self, sounds: list[Sound]) -> list[bytes]:
        for heard in sounds:
            sound = heard if self._clean is None else Sound(self._clean(heard.pcm))
            if self._turn is not None:
                self._turn.append(sound)
                if self._stream:
                    self._send(self._stream, sound)
            else:
                self._preroll.append(sound)
            self._pos_samples += FRAME_SAMPLES
            self._latest.append((self._pos_samples, sound.pcm))
            self._track.feed(sound.pcm)
        return [sound.pcm for sound in sounds]

    def _send(self, stream: SttStream, sound: Sound) -> None:
        if self._stt_rate_hz == RATE_HZ:
            stream.feed(sound.pcm)
        else:
            stream.feed(self._to_line(sound.pcm) if sound.line is None else sound.line)

    def note_played(self, rate_hz: int, pcm: bytes) -> None:
        """The other side plays this now, or after what it was sent before, and may send it back."""
        self._played.note(pcm, rate_hz, self._pos_samples)

    def note_dropped(self) -> None:
        """The other side plays nothing more of what it was sent."""
        self._played.drop(self._pos_samples)

    def _is_echo(self, end_samples: int) -> bool:
        """Tell whether what came in just before `end_samples` is what was played."""
        if not self._played.lately(end_samples):
            return False
        heard = [pcm for end, pcm in self._latest if end_samples - _ECHO_SAMPLES < end <= end_samples]
        return self._played.echoes(heard, end_samples)

    def open_turn(self) -> None:
        """Give the recogniser audio from shortly before now on; an open turn goes on."""
        if self._turn is not None:
            return
        self._turn = deque(self._preroll, _KEPT_FRAMES)
        self._preroll.clear()
        if self._stream:
            self._begin(self._stream, self._turn)

    def close_turn(self) -> None:
        """The turn is over; the recogniser gets nothing until the next."""
        if self._turn is not None:
            self._preroll.extend(list(self._turn)[-_UNSURE_FRAMES:])
        self._turn = None

    def turn_pcm(self) -> bytes:
        """Return the audio of the open turn (16 kHz), at most its last 90 s."""
        return b"".join(sound.pcm for sound in self._turn or ())

    def voiced(self) -> tuple[int, int]:
        """Return where the voice of the open turn began and, to the sample, ended; for the report only."""
        frames = [sound.pcm for sound in self._turn or ()]
        start = self._ingest.pos_samples - len(frames) * FRAME_SAMPLES
        edge = self.pos_samples if self._voice_to is None else self._voice_to
        skipped = max(0, (edge - LOOK_BACK_SAMPLES - start) // FRAME_SAMPLES)
        start += skipped * FRAME_SAMPLES
        kept = -(-max(0, edge + LOOK_AHEAD_SAMPLES - start) // FRAME_SAMPLES)
        end = start + voice_end(b"".join(frames[skipped : skipped + kept]), edge - start)
        return self._voice_from, max(self._voice_from, end)

    def seconds_since(self, pos_samples: int) -> float:
        """Return how long ago, in media time, the sample at `pos_samples` came in."""
        return (self._ingest.pos_samples - pos_samples) / RATE_HZ

    def close(self) -> None:
        """Stop listening."""
        self._track.close()

    def _begin(self, stream: SttStream, sounds: Iterable[Sound]) -> None:
        stream.begin(self.language)
        for sound in sounds:
            self._send(stream, sound)

    def _level_db(self, pos_samples: int) -> float:
        """Return how loud the frame is in which a window begins."""
        frame = None
        for end, pcm in reversed(self._latest):
            if end <= pos_samples:
                break
            frame = pcm
        return _SILENCE_DB if frame is None else level_db(frame)

    def _on_probability(self, probability: float, pos_samples: int) -> None:
        if probability >= self._sensitivity.hint_probability and self._is_echo(pos_samples + _WINDOW_SAMPLES):
            probability = 0.0
        if probability > 0.0:
            self._near, probability = nearness.step(self._near, probability, self._level_db(pos_samples))
        self._activity, edge = step(self._activity, probability, pos_samples, self._sensitivity)
        match edge:
            case SpeechStarted(edge_pos_samples):
                self._voice_to = None
                if self._turn is None:
                    self._voice_from = edge_pos_samples
            case SpeechStopped(edge_pos_samples):
                self._voice_to = edge_pos_samples
        if edge is not None:
            self._on_edge(edge)
