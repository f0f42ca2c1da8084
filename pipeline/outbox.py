"""The last door of a call: what follows from a turn that may still be taken back waits here, in order."""

from collections.abc import Callable

from pipeline.frames.audio import Ambience, AudioOut
from pipeline.frames.control import Interrupted, Recalled
from pipeline.ports import Frame, Leg


class Outbox:
    """A leg that can hold back what is shown until the answer is heard.

    Attributes:
        is_holding: Nothing of what was sent since `hold` has left.
    """

    def __init__(self, leg: Leg, on_sound: Callable[[bytes], None], on_dropped: Callable[[], None]) -> None:
        """Send to `leg`; tell `on_sound` what is played there, and `on_dropped` that the rest is not."""
        self._on_sound, self._on_dropped = on_sound, on_dropped
        self.capabilities, self.control = leg.capabilities, leg.control
        self.is_holding = False
        self._leg = leg
        self._held: list[Frame] = []

    def send(self, frame: Frame) -> None:
        """Send or hold; sound is never held, and lets out what belongs before it."""
        if isinstance(frame, AudioOut):
            self._on_sound(frame.pcm)
        elif isinstance(frame, Interrupted | Recalled):
            self._on_dropped()
        if isinstance(frame, Ambience):  # tells nobody that the answer has begun
            self._leg.send(frame)
            return
        if isinstance(frame, AudioOut):
            self.let_go()
        if self.is_holding:
            self._held.append(frame)
        else:
            self._leg.send(frame)

    def hold(self) -> None:
        """Hold what is sent from now on."""
        self.is_holding = True

    def let_go(self) -> None:
        """Send what is held, and hold no more."""
        self.is_holding = False
        held, self._held = self._held, []
        for frame in held:
            self._leg.send(frame)

    def take_back(self) -> None:
        """Forget what is held, and hold no more."""
        self.is_holding = False
        self._held = []
