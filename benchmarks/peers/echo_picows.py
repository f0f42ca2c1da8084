"""The floor under a media port of its own on `picows`: every frame is sent back from its callback."""

import sys

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.capacity.meter import Meter


class _Echo(WSListener):  # type: ignore[misc]  # the package has no types here
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            transport.send(WSMsgType.TEXT, frame.get_payload_as_bytes())


async def _main() -> None:
    Meter().start()

    def listener(request: WSUpgradeRequest) -> WSListener:
        return _Echo()

    server = await ws_create_server(listener, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main())
