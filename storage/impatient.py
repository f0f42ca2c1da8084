"""A connection to PostgreSQL that gives up a server which does not answer."""

import asyncio
import os
import socket
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen


async def connect(patience_s: float, *args: Any, **kwargs: Any) -> psycopg.AsyncConnection[Any]:
    """Connect as psycopg does; the connection hangs up when an answer takes longer than `patience_s`."""
    connection = await _ImpatientConnection.connect(*args, **kwargs)
    connection.patience_s = patience_s
    return connection


class _ImpatientConnection(psycopg.AsyncConnection[Any]):
    """Tells whoever waits too long that the server is away.

    The network's own limits (`tcp_user_timeout`) do not notice a server that takes bytes and does nothing, and a
    cancelled query waits for the server to agree.
    """

    patience_s = float("inf")

    async def wait(self, gen: PQGen[RV], *args: Any, **kwargs: Any) -> RV:
        """Wait for the server; every answer comes this way."""
        timer = asyncio.get_running_loop().call_later(self.patience_s, self._hang_up)
        try:
            return await super().wait(gen, *args, **kwargs)
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        # The driver still watches its descriptor, so this is done to a second one of the same socket.
        with socket.socket(fileno=os.dup(self.pgconn.socket)) as line:
            line.shutdown(socket.SHUT_RDWR)
