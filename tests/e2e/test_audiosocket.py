"""AudioSockets over real TCP: a call that was expected, one that was not, and one whose frames are cut in two."""

import asyncio

from kit.clock import Clock
from pipeline.frames.audio import AudioIn
from pipeline.frames.control import DtmfPressed, UiAction
from server.caller.audiosocket_wire import AudioSocketWire
from telephony.audiosocket.listener import audiosocket_port
from telephony.audiosocket.waiting import ExpectedCalls
from telephony.connection import Exchange
from telephony.ports import Admission
from tests.support.fake_call import EchoCalls
from transports.live import LiveCalls
from transports.ports import CallRequest


async def test_an_expected_call_talks_and_is_hung_up() -> None:
    clock, echo = Clock(), EchoCalls()
    calls = ExpectedCalls(clock)
    name = calls.expect(Admission(CallRequest("id-1", "greet")))
    wire = AudioSocketWire(name)
    async with audiosocket_port("127.0.0.1", 0, calls, Exchange(echo, LiveCalls(), clock)) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        sent = b"".join(
            each for each in (*wire.begin(), wire.media(b"\1\2" * 160), wire.dtmf("5")) if isinstance(each, bytes)
        )
        writer.write(sent[:7])
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(sent[7:])
        async with asyncio.timeout(5):
            assert await reader.readexactly(3 + 320) == wire.media(b"\1\2" * 160)
            while len(echo.placed[0].received) < 2:  # noqa: ASYNC110  the key comes after the sound
                await asyncio.sleep(0.01)
            echo.placed[0].receive(UiAction("finish"))
            assert await reader.read() == b"\0\0\0", "told to hang up, then closed"
        writer.close()
    (call,) = echo.placed
    assert call.request.call_id == "id-1"
    assert call.request.transport == "audiosocket"
    assert isinstance(call.received[0], AudioIn)
    assert call.received[1] == DtmfPressed("5")


async def test_who_is_not_expected_is_not_answered() -> None:
    clock, echo = Clock(), EchoCalls()
    calls, live = ExpectedCalls(clock), LiveCalls()
    async with audiosocket_port("127.0.0.1", 0, calls, Exchange(echo, live, clock)) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        (uuid_frame,) = AudioSocketWire("00000000-0000-4000-8000-000000000007").begin()
        assert isinstance(uuid_frame, bytes)
        writer.write(uuid_frame)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
    assert echo.placed == []
    assert len(live) == 0
