"""All peer connections of this process, and a bound on them."""

from collections.abc import Sequence

from kit.clock import Clock
from kit.errors import CapacityError, NotFoundError
from kit.ids import uuid7
from transports.webrtc.peer import RtcPeer


class RtcPeers:
    """Makes peers; a `transports.carrier.Peers`."""

    def __init__(self, clock: Clock, most: int, stun_urls: Sequence[str] = ()) -> None:
        """Prepare.

        Args:
            clock: Tells the time.
            most: How many there may be, those included that never connect.
            stun_urls: Who tells this server its own address, where it sits behind a translator.
        """
        self._clock = clock
        self._most = most
        self._stun_urls = tuple(stun_urls)
        self._peers: dict[str, RtcPeer] = {}

    def __len__(self) -> int:
        """Count those that have not been closed."""
        return len(self._peers)

    async def answer(self, offer: str) -> tuple[RtcPeer, str]:
        """Make a peer; see the port."""
        if len(self._peers) >= self._most:
            raise CapacityError("Too many connections are being made; try again later.")
        peer = RtcPeer(uuid7(), self._clock, self._stun_urls, self._forget)
        self._peers[peer.id] = peer
        try:
            return peer, await peer.answer(offer)
        except BaseException:
            await peer.abandon()
            raise

    def find(self, peer_id: str) -> RtcPeer:
        """Return a peer.

        Raises:
            NotFoundError: `webrtc.unknown_peer`.
        """
        peer = self._peers.get(peer_id)
        if peer is None:
            raise NotFoundError("No such connection.", code="webrtc.unknown_peer")
        return peer

    async def abandon_unconnected(self) -> None:
        """Close those that have not connected, and perhaps never will."""
        for peer in list(self._peers.values()):
            if not peer.is_up:
                await peer.abandon()

    def _forget(self, peer_id: str) -> None:
        self._peers.pop(peer_id, None)
