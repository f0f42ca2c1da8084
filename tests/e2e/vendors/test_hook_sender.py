"""Hooks over real sockets: what arrives, and what is never connected to."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from control_api.webhooks.sender import HttpSender, Resolve
from control_api.webhooks.worker import SendError

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Receiver:
    """One HTTP server.

    Attributes:
        requests: Each as it came, head and body.
    """

    def __init__(self, answer: Answer) -> None:
        self.requests: list[bytes] = []
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if b"content-length" in line.lower())
            self.requests.append(head + await reader.readexactly(length))
            await self._answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def _receiver(answer: Answer) -> AsyncIterator[tuple[Receiver, int]]:
    receiver = Receiver(answer)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        yield receiver, server.sockets[0].getsockname()[1]


@asynccontextmanager
async def _sender(
    *, allow_private: bool = True, timeout_s: float = 10.0, resolve: Resolve | None = None
) -> AsyncIterator[HttpSender]:
    opened = HttpSender(allow_private=allow_private, timeout_s=timeout_s, resolve=resolve)
    try:
        yield opened
    finally:
        await opened.aclose()


def _answering(head: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 " + head + b"\r\n\r\n")
        await writer.drain()

    return answer


async def test_a_body_arrives_as_it_was_signed() -> None:
    async with _receiver(_answering(b"204 No Content")) as (receiver, port), _sender() as out:
        status = await out.post(f"http://localhost:{port}/hook?a=b", '{"a":"ä"}'.encode(), {"webhook-id": "msg-1"})
    assert status == 204
    (request,) = receiver.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?a=b HTTP/1.1\r\n")
    assert f"host: localhost:{port}".encode() in head.lower(), "the name that was asked for, not the address"
    assert b"webhook-id: msg-1" in head.lower()
    assert body == '{"a":"ä"}'.encode()


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with _receiver(_answering(b"200 OK\r\ncontent-length: 0")) as (other, other_port), _sender() as out:
        redirect = _answering(
            f"307 Temporary\r\nlocation: http://127.0.0.1:{other_port}/\r\ncontent-length: 0".encode()
        )
        async with _receiver(redirect) as (_, port):
            assert await out.post(f"http://127.0.0.1:{port}/", b"{}", {}) == 307
    assert other.requests == []


async def test_an_answer_without_end_is_cut_off() -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65_536))
            await writer.drain()

    async with _receiver(answer) as (_, port), _sender() as out:
        assert await out.post(f"http://127.0.0.1:{port}/", b"{}", {}) == 200


async def test_who_does_not_answer_is_not_waited_for() -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        for _ in range(100):  # a byte now and then keeps it from being silent
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.1)

    began_s = time.monotonic()
    async with _receiver(answer) as (_, port), _sender(timeout_s=0.3) as out:
        with pytest.raises(SendError, match="no answer within"):
            await out.post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert time.monotonic() - began_s < 5


async def test_nobody_there_is_said_without_details() -> None:
    async with _sender() as out:
        with pytest.raises(SendError, match=r"^no connection: ConnectError$"):
            await out.post("http://127.0.0.1:1/", b"{}", {})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localtest.invalid", "[::1]"])
async def test_this_machine_is_not_reached_from_outside(host: str) -> None:
    nothing = _answering(b"200 OK\r\ncontent-length: 0")
    async with _receiver(nothing) as (receiver, port), _sender(allow_private=False) as out:
        with pytest.raises(SendError):
            await out.post(f"https://{host}:{port}/", b"{}", {})
    assert receiver.requests == []


async def test_a_public_name_that_leads_to_this_machine_is_not_followed() -> None:
    async def resolve(_: str, __: int) -> Sequence[str]:
        return ["93.184.216.34", "127.0.0.1"]

    nothing = _answering(b"200 OK\r\ncontent-length: 0")
    async with _receiver(nothing) as (receiver, port), _sender(allow_private=False, resolve=resolve) as out:
        with pytest.raises(SendError, match="not public"):
            await out.post(f"https://rebound.example.com:{port}/", b"{}", {})
    assert receiver.requests == []
