"""What carries one caller's messages, and perhaps their sound: a WebSocket, or a peer connection's channel."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from pipeline.frames.audio import AudioOut


class PeerLost(Exception):
    """The other side has gone; nothing can be sent any more."""


class SoundWire(Protocol):
    """Carries sound beside the messages."""

    def play(self, frame: AudioOut) -> bool:
        """Queue 20 ms; False if there is no room."""

    def drop(self, generation: int) -> None:
        """Drop what waits of `generation` and older."""

    def take_back(self) -> list[AudioOut]:
        """Return what has not been sent, and forget it."""


class Carrier(Protocol):
    """One connection of a caller, until it is lost.

    Attributes:
        name: `websocket` or `webrtc`.
        said_goodbye: The client closed it; it was not lost.
        wire: Where sound goes; None: between the messages, as binary ones.
    """

    name: str
    said_goodbye: bool

    @property
    def wire(self) -> SoundWire | None:
        """Where sound goes."""

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """Give sound that comes beside the messages (int16 mono, 16 kHz) to `hear` from now on."""

    async def accept(self) -> None:
        """Open it.

        Raises:
            PeerLost: Nobody there any more.
        """

    async def send(self, message: str | bytes) -> None:
        """Send a message.

        Raises:
            PeerLost: Nobody there any more.
        """

    async def receive(self) -> str | bytes | None:
        """Wait for the next message; None at the end."""

    async def close(self, code: int) -> None:
        """Close it; may be called twice.

        Raises:
            PeerLost: It was closed already, by the other side.
        """

    async def abandon(self) -> None:
        """Let go of what is left of it at once; may be called twice."""

    async def quality(self) -> Mapping[str, float]:
        """Return what is known of `jitter_ms`, `loss`, `rtt_ms` and `mos`."""


class Peer(Carrier, Protocol):
    """A carrier of WebRTC, which can also carry the sound of a call whose messages go elsewhere.

    Attributes:
        id: Names it for trickled candidates.
    """

    id: str

    @property
    def wire(self) -> SoundWire:
        """Where sound goes."""

    @property
    def is_up(self) -> bool:
        """Whether sound can flow now."""

    async def connected(self, within_s: float) -> bool:
        """Wait until sound can flow; False if it will not."""

    async def add_candidates(self, candidates: Sequence[Mapping[str, Any]]) -> None:
        """Take addresses of the client's.

        Raises:
            InputError: `webrtc.bad_candidate`.
        """


class Peers(Protocol):
    """Makes peers."""

    async def answer(self, offer: str) -> tuple[Peer, str]:
        """Return a peer and the answer to its offer; whoever asked closes it.

        Raises:
            InputError: `webrtc.bad_offer`.
            CapacityError: Too many are there already.
        """
