"""The way out to one phone: the stream's encoding, pieces of the carrier's size, marks, and a clear when it has one."""

import asyncio
import math
from collections.abc import Callable

from kit.clock import Clock
from pipeline.call_control import CallControl
from pipeline.frames.audio import Ambience, AudioOut
from pipeline.frames.control import Interrupted, Recalled
from pipeline.ports import Frame, LegCapabilities
from telephony.marks import Marks
from telephony.messages import SoundFormat
from telephony.pieces import TAIL_S, Pieces
from telephony.sound import SoundCoder
from telephony.wire import MediaCodec, Traits
from transports.outbox import Outbox

_BACKGROUND = -1  # older than every turn of the bot
_FEW_WAITING = 10
_FRAMES_PER_S = 50
_LEAD_WITHOUT_CLEAR_MS = 60  # so much cannot be taken back
_TAIL_SPARE_MS = 80  # between the latest moment at which a piece leaves and that at which it is due


def piece_samples(traits: Traits, rate_hz: int) -> int:
    """Return how much sound leaves at once: whole frames of 20 ms, whole slices, at least the minimum."""
    if not traits.piece_samples:
        return 0
    step = math.lcm(rate_hz // _FRAMES_PER_S, traits.slice_samples)
    return -(-traits.piece_samples // step) * step


def capabilities_of(traits: Traits, rate_hz: int) -> LegCapabilities:
    """Return what the call has to know of a carrier with a stream at `rate_hz`."""
    lead_ms = traits.lead_ms if traits.clears else min(traits.lead_ms, _LEAD_WITHOUT_CLEAR_MS)
    if traits.piece_samples:
        piece_ms = 1000 * piece_samples(traits, rate_hz) // rate_hz
        lead_ms = piece_ms + round(1000 * TAIL_S) + _TAIL_SPARE_MS
    recalls = bool(traits.piece_samples) and traits.clears
    return LegCapabilities(rate_hz, rate_hz, lead_ms, marks=traits.marks, recalls=recalls)


class CarrierLeg:
    """`pipeline.ports.Leg` over one carrier's stream.

    Attributes:
        marks: Knows what an echo proves.
        pieces: What waits to become a whole piece; None for a carrier that takes frames as they come.
        has_room: Whether the carrier wants sound now; an interruption empties its queue.
        is_away: Nobody listens until another stream comes; what is sent meanwhile is lost.
    """

    control: CallControl | None = None

    def __init__(
        self, codec: MediaCodec, traits: Traits, sound: SoundFormat, clock: Clock, on_overflow: Callable[[], None]
    ) -> None:
        """Speak `sound`; `on_overflow` is told, once or more, that the carrier does not read."""
        self.capabilities = capabilities_of(traits, sound.rate_hz)
        self.outbox = Outbox()
        self.marks = Marks(sound.rate_hz)
        self._codec, self._traits, self._clock, self._on_overflow = codec, traits, clock, on_overflow
        self._coder = SoundCoder(sound)
        self._end_samples = 0
        self._fills = False  # the last piece was background
        self._tail_waits = asyncio.Event()
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.is_away = False
        size = piece_samples(traits, sound.rate_hz)
        self.pieces = Pieces(size * sound.bytes_per_sample, size / sound.rate_hz, self._coder.silence) if size else None

    def send(self, frame: Frame) -> None:
        """Queue sound and interruptions; a phone has no use for other frames. See `pipeline.ports.Leg`."""
        if self.is_away:
            return
        match frame:
            case Ambience(pcm):
                self._fill(self._coder.encode(pcm))
            case AudioOut(pcm, pos_samples, generation):
                self._end_samples = pos_samples + len(pcm) // 2
                self._speak(self._coder.encode(pcm), generation)
            case Interrupted(generation) | Recalled(generation):
                self._interrupt(generation)
            case _:
                return
        if self.outbox.overflowed:
            self._on_overflow()

    def go_away(self) -> None:
        """Lose the stream for a while."""
        self.is_away = True
        self.marks.clear()
        if self.pieces is not None:
            self.pieces.drop()
        self.outbox.clear()

    def come_back(self, codec: MediaCodec) -> None:
        """Go on with another stream."""
        self._codec, self.is_away = codec, False
        self.has_room.set()

    async def send_tails(self) -> None:
        """Send pieces that do not become full in time: the last of each utterance."""
        pieces = self.pieces
        assert pieces is not None, "only a carrier with pieces has tails"
        while True:
            await self._tail_waits.wait()
            if pieces.deadline_s is None:
                self._tail_waits.clear()
            elif (left_s := pieces.deadline_s - self._clock.now_s()) > 0:
                await asyncio.sleep(left_s)
            else:
                self._put(pieces.tail(), pieces.generation)

    def _fill(self, sound: bytes) -> None:
        """Send background, if the carrier keeps up; what waits to be a piece is filled with it."""
        if not self.has_room.is_set() or len(self.outbox) > _FEW_WAITING:
            return
        if self.pieces is None:
            self.outbox.put_wire(self._codec.send_media(sound), _BACKGROUND)
            return
        generation = _BACKGROUND if self.pieces.deadline_s is None else self.pieces.generation
        self._cut(sound, generation)

    def _speak(self, sound: bytes, generation: int) -> None:
        if self.pieces is None:
            self._put(sound, generation)
            return
        if self._fills and self.marks.all_echoed:  # a piece of background would be played before
            self._fills = False
            self.outbox.drop_until(_BACKGROUND)
            self.outbox.put_wire(self._codec.send_clear(), generation)
        self._cut(sound, generation)

    def _cut(self, sound: bytes, generation: int) -> None:
        """Send what is a whole piece now."""
        assert self.pieces is not None, "of a carrier that wants some"
        for piece in self.pieces.add(sound, generation, self._clock.now_s()):
            self._put(piece, generation)
        if self.pieces.deadline_s is not None:
            self._tail_waits.set()

    def _put(self, sound: bytes, generation: int) -> None:
        most = self._traits.max_media_bytes
        self._fills = generation == _BACKGROUND and self._traits.clears
        for start in range(0, len(sound), most):
            self.outbox.put_wire(self._codec.send_media(sound[start : start + most]), generation)
        if self._traits.marks and generation != _BACKGROUND:
            mark = self.marks.after(self._end_samples, generation)
            if mark is not None:
                self.outbox.put_wire(self._codec.send_mark(mark), generation)

    def _interrupt(self, generation: int) -> None:
        self.marks.clear()
        if self.pieces is not None and self.pieces.generation <= generation:
            self.pieces.drop()
        if self._traits.clears:
            self.outbox.interrupt(self._codec.send_clear(), generation)
            self.has_room.set()
        else:
            self.outbox.drop_until(generation)
