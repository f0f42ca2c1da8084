"""Programs that run in the peers' environment (`make bench-peers`); they use a peer as its documentation says."""
