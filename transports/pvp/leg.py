"""The way out to one browser: messages into the outbox, sound between them or over a wire of its own."""

from collections.abc import Callable

from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted
from pipeline.ports import Frame, LegCapabilities
from transports.carrier import SoundWire
from transports.pvp.outbox import PvpOutbox


class PvpLeg:
    """A leg whose sound can move from one wire to another in mid-word.

    Attributes:
        wire: Where sound goes; None: into the outbox.
    """

    capabilities = LegCapabilities()
    control = None

    def __init__(self, on_overflow: Callable[[], None]) -> None:
        self.outbox = PvpOutbox()
        self.wire: SoundWire | None = None
        self._on_overflow = on_overflow

    def send(self, frame: Frame) -> None:
        """Queue a frame; see `pipeline.ports.Leg`."""
        if self.wire is not None and isinstance(frame, AudioOut):
            fits = self.wire.play(frame)
        else:
            if self.wire is not None and isinstance(frame, Interrupted):
                self.wire.drop(frame.generation)
            fits = self.outbox.put_frame(frame)
        if not fits:
            self._on_overflow()

    def move(self, wire: SoundWire | None) -> None:
        """Send sound another way from the next sample on; what the old wire still has goes first."""
        left = [] if self.wire is None else self.wire.take_back()
        self.wire = wire
        for frame in left:
            self.send(frame)
