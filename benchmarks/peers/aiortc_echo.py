"""The floor: aiortc as it comes, giving back the track that it gets."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from fastapi import FastAPI

from benchmarks.capacity.meter import Meter

_CONNECTIONS: set[RTCPeerConnection] = set()


async def _offer(body: dict[str, Any]) -> dict[str, str]:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    _CONNECTIONS.add(connection)

    def give_back(track: MediaStreamTrack) -> None:
        connection.addTrack(track)

    def forget() -> None:
        if connection.connectionState == "closed":
            _CONNECTIONS.discard(connection)

    connection.on("track", give_back)
    connection.on("connectionstatechange", forget)
    await connection.setRemoteDescription(RTCSessionDescription(body["sdp"], "offer"))
    await connection.setLocalDescription(await connection.createAnswer())
    return {"sdp": connection.localDescription.sdp, "type": "answer"}


@asynccontextmanager
async def _measured(app: FastAPI) -> AsyncIterator[None]:
    Meter().start()
    yield


def main() -> None:
    """Serve on the port `argv[1]`."""
    app = FastAPI(lifespan=_measured)
    app.post("/offer")(_offer)
    uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", access_log=False)


if __name__ == "__main__":
    main()
