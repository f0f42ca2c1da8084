"""An outbox that takes frames and says them in PVP."""

from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, StatusChanged
from pipeline.ports import Frame
from transports.outbox import Outbox, Waiting
from transports.pvp.codec import encode_server
from transports.pvp.messages import Error, FlowState, ServerMessage
from transports.pvp.translate import to_message


class PvpOutbox(Outbox):
    """Queue frames and messages for one PVP client.

    Attributes:
        said_ended: `status ended` went through.
        said_errors: Codes of the errors that went through.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said_ended = False
        self.said_errors: set[str] = set()
        self._silent = False
        self._screen: Waiting | None = None

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
            return self.interrupt(encode_server(message), frame.generation)
        self.said_ended |= isinstance(frame, StatusChanged) and frame.status == "ended"
        if isinstance(message, Error):
            self.said_errors.add(message.code)
        return self.put_wire(encode_server(message), frame.generation if isinstance(frame, AudioOut) else None)

    def put(self, message: ServerMessage) -> bool:
        """Queue a message that no frame stands for; see `put_frame`."""
        return self.put_wire(encode_server(message))

    def go_silent(self) -> None:
        """Nobody listens for now: sound is lost, messages are kept."""
        self._silent = True
        self.drop_sound()

    def speak_again(self) -> None:
        """Somebody listens again, perhaps with an empty screen: show where the flow is, then what was missed."""
        self._silent = False
        if self._screen is not None:
            self._put(self._screen, first=True)
