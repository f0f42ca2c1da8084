"""An outbox that takes frames and says them in PVP."""

from collections import deque
from collections.abc import Callable

from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, StatusChanged
from pipeline.ports import Frame
from transports.outbox import Outbox, Waiting
from transports.pvp.codec import Wire, encode_server
from transports.pvp.messages import Error, FlowState, Pong, Quality, ServerMessage
from transports.pvp.translate import to_message

KEPT_MESSAGES = 256  # that were sent: half a minute of a lively call
KEPT_CHARS = 1024 * 1024  # of them all, screens included
_MOMENTARY = (Pong, Quality)


class PvpOutbox(Outbox):
    """Queue frames and messages for one PVP client.

    Attributes:
        said_ended: `status ended` went through.
        said_errors: Codes of the errors that went through.
        mirror: Gets each message that lasts, too, as it is queued.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said_ended = False
        self.said_errors: set[str] = set()
        self._silent = False
        self._screen: Waiting | None = None
        self._seq = 0
        self.mirror: Callable[[str], object] | None = None
        self._sent: deque[tuple[int, Waiting]] = deque()
        self._sent_chars = 0

    def put_frame(self, frame: Frame) -> bool:
        """Queue a frame in PVP's words; an `Interrupted` overtakes all and drops the sound it makes stale.

        Returns:
            False if there was no room; from then on nothing is taken.
        """
        if self._silent and isinstance(frame, AudioOut):
            return True
        message = to_message(frame)
        if message is None:
            return True
        if isinstance(message, FlowState):
            self._screen = Waiting(encode_server(message))
        if isinstance(frame, Interrupted):
            wire = encode_server(message)
            self._reflect(wire)
            return self.interrupt(wire, frame.generation)
        self.said_ended |= isinstance(frame, StatusChanged) and frame.status == "ended"
        if isinstance(message, Error):
            self.said_errors.add(message.code)
        wire = encode_server(message)
        self._reflect(wire)
        return self.put_wire(wire, frame.generation if isinstance(frame, AudioOut) else None)

    def put(self, message: ServerMessage) -> bool:
        """Queue a message that no frame stands for; see `put_frame`."""
        wire, lasts = encode_server(message), not isinstance(message, _MOMENTARY)
        if lasts:
            self._reflect(wire)
        return self.put_wire(wire, lasts=lasts)

    def numbered(self, item: Waiting) -> Wire:
        """Return the message to send next as it is sent: one that lasts says its number."""
        if isinstance(item.wire, bytes) or not item.lasts:
            return item.wire
        return f'{item.wire[:-1]},"seq":{self._seq + 1}}}'

    def sent(self, item: Waiting) -> None:
        """Forget `item` as something that waits, and keep it for who may not have got it."""
        super().sent(item)
        if isinstance(item.wire, str) and item.lasts:
            again = Waiting(self.numbered(item), lasts=False)
            self._seq += 1
            self._sent.append((self._seq, again))
            self._sent_chars += len(again.wire)
            while len(self._sent) > KEPT_MESSAGES or self._sent_chars > KEPT_CHARS:
                self._sent_chars -= len(self._sent.popleft()[1].wire)

    def go_silent(self) -> None:
        """Nobody listens for now: sound is lost, messages are kept."""
        self._silent = True
        self.drop_sound()

    def speak_again(self, last_seq: int | None = None) -> None:
        """Somebody listens again: send what they missed, then what was never sent.

        Args:
            last_seq: The newest message they have seen. None, or one before those that are kept: their screen may be
                empty, so show where the flow is.
        """
        self._silent = False
        missed = [] if last_seq is None else [item for seq, item in self._sent if seq > last_seq]
        is_whole = last_seq is not None and len(missed) >= self._seq - last_seq
        if not is_whole and self._screen is not None:
            missed.append(self._screen)
        self.put_back(missed)

    def _reflect(self, wire: Wire) -> None:
        if self.mirror is not None and isinstance(wire, str):
            self.mirror(wire)
