"""What Exotel asks over HTTP: where a stream goes, how a flow goes on, and what it tells."""

import asyncio
import base64
import ipaddress
import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

from kit.clock import Clock
from kit.errors import ForbiddenError
from kit.phone_calls import CallStatus, CarrierCall, LineAccess, Progress
from telephony.addresses import base_of
from telephony.exotel import routes, wording
from telephony.exotel.routes import ExotelHost, exotel_router
from telephony.exotel.wording import StreamEnd
from telephony.handover import ASKED_WITHIN_S, BACK_S, HandoverControl, Handovers
from telephony.ports import Admission
from telephony.transfers import RING_S
from tests.support.carriers.desk import Desk
from tests.support.carriers.phone import Phone
from tests.support.virtual_time import run
from transports.ports import CallRequest

_ASKED = {"CallSid": "call-1", "CallFrom": "09900000001", "CallTo": "08000000002", "Direction": "incoming"}
_PASSWORD = "s3cret"


def _desk(leads_to: str | None = "support", password: str = _PASSWORD) -> Desk:
    credentials = {"account_sid": "a", "api_key": "k", "api_token": "t"} | (
        {"socket_password": password} if password else {}
    )
    return Desk([LineAccess("line-1", "acc", "+918000000002", "exotel", credentials)], leads_to)


def _host(desk: Desk, networks: tuple[str, ...] = (), handovers: Handovers | None = None) -> ExotelHost:
    allowed = [ipaddress.ip_network(each) for each in networks]
    base = base_of("https://voice.example", None)
    return ExotelHost(desk, desk, desk, base, handovers or Handovers(), Clock(), allowed)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    del request
    return JSONResponse({"detail": str(error)}, 403)


async def _ask(host: ExotelHost, method: str, path: str, **given: Any) -> httpx.Response:
    app = FastAPI()
    app.include_router(exotel_router(host))
    app.add_exception_handler(ForbiddenError, _refused)
    transport = httpx.ASGITransport(app, client=("103.1.2.3", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        at = path if path.startswith("/") else f"/telephony/exotel/{path}"
        return await client.request(method, at, **given)


def _get(host: ExotelHost, path: str, **given: Any) -> httpx.Response:
    return run(_ask(host, "GET", path, **given))


@pytest.mark.parametrize("way", ["path", "basic"])
def test_exotel_dynamic_url_maps_number(way: str) -> None:
    """One address for all numbers: the number that was called decides, and the line's password is the proof."""
    desk = _desk()
    path = f"answer/{_PASSWORD}" if way == "path" else "answer"
    key = base64.b64encode(f"any:{_PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {key}"} if way == "basic" else {}
    answer = _get(_host(desk), path, params=_ASKED, headers=headers)
    assert answer.json() == {"url": "wss://voice.example/telephony/exotel/media/ticket-1?sample-rate=16000"}
    assert desk.tickets["ticket-1"].carrier_call == "call-1"
    assert desk.tickets["ticket-1"].request.flow == "support"


def test_a_number_that_leads_nowhere_lets_the_flow_go_on() -> None:
    assert _get(_host(_desk(leads_to=None)), f"answer/{_PASSWORD}", params=_ASKED).status_code == 404


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("answer/wrong", _ASKED),
        ("answer", _ASKED),
        (f"answer/{_PASSWORD}", _ASKED | {"CallTo": "08000000009", "CallFrom": ""}),
        (f"answer/{_PASSWORD}", {}),
        ("connect/wrong", _ASKED),
        ("passthru", _ASKED),
    ],
)
def test_who_proves_nothing_gets_nothing(path: str, asked: dict[str, str]) -> None:
    desk = _desk()
    assert _get(_host(desk), path, params=asked).status_code == 403
    assert not desk.tickets
    assert not desk.admitted


def test_the_list_of_networks_keeps_others_out_and_stands_in_for_a_password() -> None:
    inside, outside = _host(_desk(password=""), ("103.0.0.0/8",)), _host(_desk(password=""), ("104.0.0.0/8",))
    assert _get(inside, "answer", params=_ASKED).status_code == 200
    assert _get(outside, "answer", params=_ASKED).status_code == 403
    assert _get(_host(_desk(password="")), "answer", params=_ASKED).status_code == 403, "neither list nor password"


_ENDED = {
    "StreamSID": "st-1",
    "Status": "completed",
    "Duration": "17",
    "DisconnectedBy": "bot",
    "RecordingUrl": "https://x/y",
}


@pytest.mark.parametrize("encoding", ["brackets", "json in the query", "json body"])
def test_exotel_passthru_three_encodings(encoding: str) -> None:
    """What ended is read alike in all; the way on is past the Connect applet unless somebody is to be called."""
    path, host = f"passthru/{_PASSWORD}", _host(_desk())
    match encoding:
        case "brackets":
            fields: dict[str, Any] = _ASKED | {f"Stream[{name}]": value for name, value in _ENDED.items()}
            answer = _get(host, path, params=fields)
        case "json in the query":
            fields = _ASKED | {"Stream": json.dumps(_ENDED)}
            answer = _get(host, path, params=fields)
        case _:
            fields = {**_ASKED, "Stream": _ENDED}
            answer = run(_ask(host, "POST", path, json=fields))
    assert wording.stream_end(fields) == StreamEnd("st-1", "completed", "bot", 17, "")
    assert answer.status_code == 302


@pytest.mark.parametrize("told", [{}, {"Stream": "{"}, {"Stream": "[1]"}, {"Stream": 7}, {"Stream[": "x"}])
def test_a_passthru_that_tells_nothing_is_nothing(told: dict[str, Any]) -> None:
    assert wording.stream_end(told) is None


def test_a_status_is_passed_on_with_our_id() -> None:
    desk = _desk()
    body = {"CallSid": "call-1", "Status": "no-answer", "CustomField": "intent-1", "DateUpdated": "2026-11-23 10:00:00"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = run(_ask(_host(desk), "POST", "status/line-1", content=urlencode(body), headers=form))
    assert answer.status_code == 200
    assert desk.told == [(CarrierCall("exotel", "call-1", "line-1"), Progress(CallStatus.NO_ANSWER), "intent-1")]


@pytest.mark.parametrize("body", ["", "Status=odd&CallSid=c", "Status=busy", "%%%", "[" * 70_000, "a&" * 5000])
def test_a_status_that_says_nothing_is_taken_and_dropped(body: str) -> None:
    desk = _desk()
    for kind in ("application/x-www-form-urlencoded", "application/json"):
        answer = run(_ask(_host(desk), "POST", "status/line-1", content=body, headers={"Content-Type": kind}))
        assert answer.status_code == 200
    assert desk.told == []


def test_applets_that_point_at_the_documented_address_are_answered_for_the_password_only() -> None:
    host = _host(_desk())
    for auth, status in ((("any", _PASSWORD), 200), (("any", "wrong"), 403), (None, 403)):
        answer = asyncio.run(_ask(host, "POST", routes.KUPE_ANSWER, data=_ASKED, auth=auth))
        assert (answer.status_code, "url" in answer.json()) == (status, status == 200)


def _transfer(*, asks: bool, comes_back: bool) -> tuple[bool, str, list[int]]:
    """Pass a call on; return how it went, why not, and what the flow's applets were answered."""

    async def scenario() -> tuple[bool, str, list[int]]:
        handovers = Handovers()
        host, phone = _host(_desk(), handovers=handovers), Phone()
        await phone.socket.accept()
        admission = Admission(CallRequest("id-1", "support"), "line-1", "call-1")
        control = HandoverControl(phone.websocket, admission, handovers, Clock())
        control.started("call-1")
        codes: list[int] = []

        async def flow() -> None:
            await asyncio.sleep(1)
            codes.append((await _ask(host, "GET", f"passthru/{_PASSWORD}", params=_ASKED)).status_code)
            if asks:
                told = await _ask(host, "GET", f"connect/{_PASSWORD}", params=_ASKED)
                assert told.json()["destination"] == {"numbers": ["+919900000007"]}
                assert told.json()["outgoing_phone_number"] == "+918000000002"
            if comes_back:
                await asyncio.sleep(RING_S)
                answer = await _ask(host, "GET", f"answer/{_PASSWORD}", params=_ASKED)
                codes.append(answer.status_code)
                assert control.away_s() > 0
                control.returned()

        async with asyncio.TaskGroup() as group:
            applets = group.create_task(flow())
            result = await control.transfer("+919900000007", "cold", None)
            await applets
        assert phone.closed is not None, "leaving the stream is what makes the flow go on"
        assert control.away_s() == 0
        return result.connected, result.reason, codes

    return run(scenario())


def test_a_caller_is_passed_on_by_the_connect_applet() -> None:
    assert _transfer(asks=True, comes_back=False) == (True, "", [200])


def test_a_caller_whom_nobody_answers_comes_back() -> None:
    assert _transfer(asks=True, comes_back=True) == (False, "no_answer", [200, 200])


def test_a_flow_without_a_connect_applet_passes_nobody_on() -> None:
    assert _transfer(asks=False, comes_back=False) == (False, "failed", [200])
    assert ASKED_WITHIN_S < RING_S + BACK_S


def test_a_line_learns_nothing_of_another_lines_transfer() -> None:
    """Who knows a stranger's call, and has a line of their own, must not get its caller."""

    async def scenario() -> tuple[list[int], Desk]:
        handovers, desk = Handovers(), _desk()
        handovers.begin("call-1", "+919900000007", Admission(CallRequest("id-1", "support"), "line-2", "call-1"))
        host = _host(desk, handovers=handovers)
        paths = (f"passthru/{_PASSWORD}", f"connect/{_PASSWORD}", f"answer/{_PASSWORD}")
        return [(await _ask(host, "GET", path, params=_ASKED)).status_code for path in paths], desk

    codes, desk = run(scenario())
    assert codes == [302, 404, 200]
    assert desk.tickets["ticket-1"].line_id == "line-1", "a call of its own"
