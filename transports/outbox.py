"""What waits to be sent to one caller: bounded, in order, stale sound left out."""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass

from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted, StatusChanged
from pipeline.ports import Frame
from transports.pvp.codec import Wire, encode_server
from transports.pvp.messages import Error, FlowState, ServerMessage
from transports.pvp.translate import to_message

MAX_WAITING = 256  # 5 s of sound; a peer that far behind will not catch up


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """One message; `generation` is that of its bot turn, if it is sound."""

    wire: Wire
    generation: int | None = None


class Outbox:
    """Queue encoded messages for one writer.

    Attributes:
        overflowed: A message did not fit: the peer does not read, and counts as gone.
        said_ended: `status ended` went through.
        said_errors: Codes of the errors that went through.
    """

    def __init__(self) -> None:
        self.overflowed = False
        self.said_ended = False
        self.said_errors: set[str] = set()
        self._waiting: deque[Waiting] = deque()
        self._silent = False
        self._screen: Waiting | None = None
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """Count the messages that wait."""
        return len(self._waiting)

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
            self._drop_stale(frame.generation)
            return self._put(Waiting(encode_server(message)), first=True)
        self.said_ended |= isinstance(frame, StatusChanged) and frame.status == "ended"
        if isinstance(message, Error):
            self.said_errors.add(message.code)
        return self._put(Waiting(encode_server(message), frame.generation if isinstance(frame, AudioOut) else None))

    def put(self, message: ServerMessage) -> bool:
        """Queue a message that no frame stands for; see `put_frame`."""
        return self._put(Waiting(encode_server(message)))

    def go_silent(self) -> None:
        """Nobody listens for now: sound is lost, messages are kept."""
        self._silent = True
        self._waiting = deque(item for item in self._waiting if item.generation is None)

    def speak_again(self) -> None:
        """Somebody listens again, perhaps with an empty screen: show where the flow is, then what was missed."""
        self._silent = False
        if self._screen is not None:
            self._put(self._screen, first=True)

    async def first(self) -> Waiting:
        """Wait for the message to send next; it stays until `sent`, so that a cancelled writer loses nothing."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting[0]

    def sent(self, item: Waiting) -> None:
        """Forget `item`, unless an `Interrupted` that came while it was sent has done so."""
        with contextlib.suppress(ValueError):
            self._waiting.remove(item)

    def _put(self, item: Waiting, *, first: bool = False) -> bool:
        if self.overflowed or len(self._waiting) >= MAX_WAITING:
            self.overflowed = True
            return False
        if first:
            self._waiting.appendleft(item)
        else:
            self._waiting.append(item)
        self._filled.set()
        return True

    def _drop_stale(self, generation: int) -> None:
        self._waiting = deque(item for item in self._waiting if item.generation is None or item.generation > generation)
