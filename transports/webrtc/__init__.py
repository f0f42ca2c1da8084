"""WebRTC (docs/pvp.md §8): `peer.py` is one peer connection, `peers.py` all of them, `routes.py` their addresses."""
