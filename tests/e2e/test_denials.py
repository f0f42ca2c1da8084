"""What the log says of a WebSocket that was answered with an HTTP status: nothing is wrong with us."""

import asyncio
import logging

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server import drain
from server.denials import QuietDenials
from transports.live import LiveCalls


async def _deny(websocket: WebSocket) -> None:
    await websocket.send_denial_response(JSONResponse({"detail": "Not you."}, 403))


async def test_a_denial_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    app = QuietDenials(Starlette(routes=[WebSocketRoute("/", _deny)]))
    ready = asyncio.Event()
    server = drain.DrainingServer(drain.config_of(app), LiveCalls(), 0.0, ready.set)
    with caplog.at_level(logging.INFO, "uvicorn.error"), drain.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve([listener]))
            await ready.wait()
            with pytest.raises(InvalidStatus) as denied:
                await connect(f"ws://127.0.0.1:{port}/")
            await asyncio.sleep(0.2)  # what it logs, it logs after the answer
            serving.cancel()
    assert denied.value.response.status_code == 403
    assert [line.getMessage() for line in caplog.records if line.levelno > logging.INFO] == []
    assert any("403" in line.getMessage() for line in caplog.records), "uvicorn's log was watched"
