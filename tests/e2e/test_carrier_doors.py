"""Carriers ring at a real server: they ask, get a ticket, and a socket with it carries the call once."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from server.caller.asterisk_wire import AsteriskWire
from server.caller.exotel_wire import ExotelWire
from server.caller.local_server import local_server
from server.caller.phone_wire import PhoneWire
from server.caller.plivo_wire import PlivoWire
from tests.support.carriers.plivo_account import AUTH_ID, AUTH_TOKEN, sign, stream_url

_ROOT = Path(__file__).parents[2]
_LINES: Sequence[dict[str, Any]] = (
    {
        "number": "+14158675309",
        "provider": "plivo",
        "credentials": {"auth_id": AUTH_ID, "auth_token": AUTH_TOKEN},
        "flow_id": "ivr-menu",
    },
    {
        "number": "+918012345678",
        "provider": "exotel",
        "credentials": {"account_sid": "acc-1", "api_key": "k", "api_token": "t", "socket_password": "s3cret-word"},
        "flow_id": "ivr-menu",
    },
    {
        "number": "+14155550123",
        "provider": "asterisk",
        "credentials": {"ari_user": "antiphon", "ari_password": "s3cret-word"},
        "flow_id": "ivr-menu",
    },
)

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    data = tmp_path_factory.mktemp("data")
    settings = {"DATA_DIR": str(data), "ENCRYPTION_KEY": "0123456789abcdef0123456789abcdef"}
    with local_server(_ROOT / "examples" / "flows", settings) as address:
        for line in _LINES:
            added = httpx.post(f"{address}/native/v1/lines", json=line)
            assert added.status_code == 201, added.text
        yield address, data


async def _talk(url: str, wire: PhoneWire) -> None:
    """Hold a call of two seconds, in which the bot is heard."""
    spoken = None if wire.subprotocol is None else [Subprotocol(wire.subprotocol)]
    async with connect(url, compression=None, subprotocols=spoken) as socket:
        for message in wire.begin():
            await socket.send(message)
        async with asyncio.timeout(20):
            wire.receive(await socket.recv())
        for message in (wire.dtmf("1"), *wire.stop()):
            await socket.send(message)


async def _refused(url: str, wire: PhoneWire) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        await _talk(url, wire)
    return refusal.value.response.status_code


async def _newest(data: Path, count: int) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while len(list((data / "calls").glob("*/report.json"))) < count:  # noqa: ASYNC110  another process's file
            await asyncio.sleep(0.1)
    report: dict[str, Any] = json.loads(sorted((data / "calls").glob("*/report.json"))[-1].read_text())
    return report


async def test_carriers_ring_and_a_ticket_lets_one_socket_in(server: tuple[str, Path]) -> None:
    address, data = server
    async with httpx.AsyncClient(base_url=address) as client:
        asked = {"CallSid": "call-1", "CallFrom": "09900000001", "CallTo": "08012345678"}
        assert (await client.get("/telephony/exotel/answer/wrong", params=asked)).status_code == 403
        url = (await client.get("/telephony/exotel/answer/s3cret-word", params=asked)).json()["url"]
        assert url.startswith(address.replace("http", "ws"))
        await _talk(url, ExotelWire("stream-1", "call-1", "acc-1"))
        assert (await _newest(data, 1))["end_reason"] == "peer_gone"
        assert await _refused(url, ExotelWire("stream-2", "call-1", "acc-1")) == 403

        ring = {"called": "+14155550123", "caller": "+14155550100", "call": "1763.1"}
        assert (await client.get("/telephony/asterisk/answer", params=ring)).status_code == 403
        ticket = await client.get("/telephony/asterisk/answer", params=ring, auth=("antiphon", "s3cret-word"))
        media = f"{address.replace('http', 'ws')}/telephony/asterisk/media?token={ticket.text}"
        await _talk(media, AsteriskWire("1763.2"))
        assert (await _newest(data, 2))["end_reason"] == "peer_gone"
        assert await _refused(media, AsteriskWire("1763.3")) == 403

        rings = {"CallUUID": "call-3", "From": "14155550100", "To": "14158675309", "CallStatus": "ringing"}
        at = f"{address}/telephony/plivo/answer"
        assert (await client.post(at, data=rings, headers=sign("POST", at, rings, "wrong"))).status_code == 403
        answer = await client.post(at, data=rings, headers=sign("POST", at, rings))
        await _talk(stream_url(answer.text), PlivoWire("stream-3", "call-3", AUTH_ID))
        assert (await _newest(data, 3))["end_reason"] == "peer_gone"
        assert await _refused(stream_url(answer.text), PlivoWire("stream-4", "call-3", AUTH_ID)) == 403
