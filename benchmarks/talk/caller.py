"""A caller that plays turns over a real socket in real time and records what it hears.

It speaks the sound of PVP (docs/pvp.md §2): binary frames both ways, and `interrupted` to drop what is not played yet.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.talk.tape import FRAME_S, FRAME_SAMPLES, RATE_HZ, Turn
from kit.clock import Clock
from server.caller.devices import Microphone, Speaker

Sound = npt.NDArray[np.int16]

_LOUD = 300  # of 32768: what is softer is silence that a server sends
_BREATH_S = 0.6  # the bot has been silent for so long: it is our turn
_REACTION_S = 2.5  # after the last sound, where only its effect is of interest
_ANSWER_S = 7.0  # no answer comes any more


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the caller does.

    Attributes:
        over_bot_s: Begin when the bot has been heard for so long; None: when it has finished.
    """

    turn: Turn
    over_bot_s: float | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A turn, and where in the recording it begins."""

    step: Step
    start_samples: int


@dataclass(slots=True)
class Recording:
    """A call as the caller's side has it; positions are samples at 16 kHz since the call was answered.

    Attributes:
        bot: What was heard.
        received: When the last sound came that was heard before a given place: `(came_at, plays_until)`.
        late_s: How much later than due each frame of the caller was sent.
    """

    played: list[Played] = field(default_factory=list)
    bot: Sound = field(default_factory=lambda: np.zeros(0, np.int16))
    received: list[tuple[int, int]] = field(default_factory=list)
    interrupted: list[int] = field(default_factory=list)
    end_samples: int = 0
    late_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Echo:
    """What the microphone picks up of the speaker."""

    level_db: float
    delay_s: float


async def play(
    url: str,
    steps: Sequence[Step],
    *,
    to_the_end: bool = True,
    echo: Echo | None = None,
    at_most_s: float = 600.0,
) -> Recording:
    """Call `url`, do `steps`, hang up.

    Args:
        url: Where.
        steps: What to do, in order.
        to_the_end: Hear the last answer out; else hang up a moment after the last step.
        echo: Send back what is heard.
        at_most_s: Hang up after so long.

    Raises:
        OSError: Nobody answers.
    """
    async with connect(url, compression=None, max_size=2**20, close_timeout=1) as socket:
        caller = _Caller(socket, steps, echo)
        caller.hear_out, caller.until_s = to_the_end, at_most_s
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(caller.listen())
            await caller.talk()
            listening.cancel()
    return caller.recording()


class _Caller:
    """The state of one call."""

    def __init__(self, socket: ClientConnection, steps: Sequence[Step], echo: Echo | None) -> None:
        self.hear_out, self.until_s = True, 0.0
        self._socket, self._echo = socket, echo
        self._clock = Clock()
        self._began_s = self._clock.now_s()
        self._speaker = Speaker(telephone=False)
        self._room = Microphone(telephone=False)
        self._record = Recording()
        self._left = list(steps)
        self._frames: Iterator[bytes] = iter(())
        self._bot_from: int | None = None  # of the answer that is being heard
        self._bot_until = 0
        self._idle_since = 0  # the last turn has been played to here
        self._waiting = True  # for an answer to it; at first for the greeting
        self._lost = False

    def recording(self) -> Recording:
        """Return what was heard."""
        self._record.bot = self._speaker.recording()
        return self._record

    async def listen(self) -> None:
        """Take in what comes."""
        try:
            async for data in self._socket:
                if isinstance(data, bytes):
                    self._hear(data)
                elif json.loads(data).get("type") == "interrupted":
                    now = self._now()
                    self._speaker.flush(now)
                    self._bot_until = min(self._bot_until, now)
                    self._record.interrupted.append(now)
        except ConnectionClosed:
            pass
        self._lost = True

    async def talk(self) -> None:
        """Send a frame every 20 ms by absolute deadlines until all is done."""
        number = 0
        while not self._lost and self._go_on(number):
            number += 1
            due_s = self._began_s + number * FRAME_S
            await asyncio.sleep(due_s - self._clock.now_s())
            self._record.late_s.append(self._clock.now_s() - due_s)
            frame = self._with_echo(next(self._frames, None) or self._room.next_frame(), (number - 1) * FRAME_SAMPLES)
            try:
                await self._socket.send(frame)
            except ConnectionClosed:
                return
        self._record.end_samples = number * FRAME_SAMPLES

    def _go_on(self, number: int) -> bool:
        """Decide what the microphone gives from frame `number` on; False when all is done."""
        here = number * FRAME_SAMPLES
        if here < self._idle_since:
            return True
        if here >= self.until_s * RATE_HZ:
            return False
        if self._echo is not None and not self._left:
            return True  # whatever the bot makes of it
        audible = self._bot_until > here
        if self._left and self._is_time(here, audible):
            self._begin(self._left.pop(0), here)
        elif not self._left:
            return not (self._is_quiet(here, audible) if self.hear_out else self._has_reacted(here))
        return True

    def _has_reacted(self, here: int) -> bool:
        return here >= self._idle_since + _REACTION_S * RATE_HZ

    def _with_echo(self, frame: bytes, here: int) -> bytes:
        if self._echo is None:
            return frame
        heard = self._speaker.between(here - round(self._echo.delay_s * RATE_HZ), FRAME_SAMPLES)
        mixed = np.frombuffer(frame, "<i2") + heard * 10 ** (self._echo.level_db / 20)
        loudest = np.iinfo(np.int16).max
        return bytes(np.clip(np.rint(mixed), -loudest, loudest).astype("<i2").tobytes())

    def _is_time(self, here: int, audible: bool) -> bool:
        over_bot_s = self._left[0].over_bot_s
        if over_bot_s is None:
            return self._is_quiet(here, audible)
        if not audible or self._bot_from is None:
            return self._waited_enough(here)
        return here >= max(self._bot_from, self._idle_since) + over_bot_s * RATE_HZ

    def _is_quiet(self, here: int, audible: bool) -> bool:
        if audible:
            return False
        if self._waiting and self._bot_until <= self._idle_since:
            return self._waited_enough(here)
        return here >= max(self._bot_until, self._idle_since) + _BREATH_S * RATE_HZ

    def _waited_enough(self, here: int) -> bool:
        return here >= max(self._idle_since, self._bot_until) + _ANSWER_S * RATE_HZ

    def _begin(self, step: Step, here: int) -> None:
        self._frames = iter(step.turn.frames())
        self._record.played.append(Played(step, here))
        end_s = step.turn.true_end_s
        self._idle_since = here + (len(step.turn.sound) if end_s is None else round(end_s * RATE_HZ))
        self._waiting = True

    def _hear(self, pcm: bytes) -> None:
        now = self._now()
        loud = bool(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)).max(initial=0) >= _LOUD)
        starts = max(self._bot_until, now)
        self._speaker.play(pcm, now)
        if not loud:
            return
        if self._bot_from is None or now > self._bot_until + 0.3 * RATE_HZ:
            self._bot_from = starts
        self._bot_until = starts + len(pcm) // 2
        self._record.received.append((now, self._bot_until))

    def _now(self) -> int:
        return round((self._clock.now_s() - self._began_s) * RATE_HZ)
