"""The floor under a media port of its own on `websockets`: every frame is sent back."""

import contextlib
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.capacity.meter import Meter


async def _echo(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.send(await connection.recv())


async def _main() -> None:
    Meter().start()
    async with serve(_echo, "127.0.0.1", int(sys.argv[1]), compression=None, ping_interval=20) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main())
