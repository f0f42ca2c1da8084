"""Calls made through ARI, which is simulated behind the HTTP client; the causes are those of a real Asterisk."""

import datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import DialRefusedError, ProviderError
from kit.phone_calls import CallStatus, DialOrder, LineAccess, Progress
from telephony.asterisk.ari import AsteriskDialer, ChannelLog, status_of_cause
from tests.support.virtual_time import run

_LINE = LineAccess("line-1", "acc", "+14155550123", "asterisk", {"ari_user": "u", "ari_password": "p"})
_ORDER = DialOrder("intent-1", "+14155550199", "ticket-1", ring_timeout_s=20)
_NOW = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)


class _Ari:
    """Keeps channels by their id."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.channels: dict[str, str] = {}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        name = request.url.path.removeprefix("/ari/channels/")
        if self.status != 200:
            return httpx.Response(self.status)
        match request.method:
            case "POST":
                if name in self.channels:
                    return httpx.Response(409)
                self.channels[name] = "Down"
            case "DELETE":
                return httpx.Response(204 if self.channels.pop(name, None) else 404)
        found = self.channels.get(name)
        return httpx.Response(404) if found is None else httpx.Response(200, json={"id": name, "state": found})


def _dialer(ari: _Ari) -> AsteriskDialer:
    return AsteriskDialer("http://127.0.0.1:8088/ari/", httpx.MockTransport(ari))


def _event(kind: str, state: str = "Down", **more: Any) -> dict[str, Any]:
    return {"type": kind, "channel": {"id": "intent-1", "state": state}, **more}


def test_our_id_of_a_call_is_the_channels() -> None:
    ari = _Ari()

    async def scenario() -> None:
        dialer = _dialer(ari)
        assert await dialer.dial(_LINE, _ORDER) == "intent-1"
        assert await dialer.dial(_LINE, _ORDER) == "intent-1", "asked twice, it is made once"
        assert await dialer.find(_LINE, _ORDER, _NOW) == "intent-1"
        await dialer.hang_up(_LINE, "intent-1")
        await dialer.hang_up(_LINE, "intent-1")
        assert await dialer.find(_LINE, _ORDER, _NOW) is None

    run(scenario())
    wanted = ari.requests[0].url.params
    assert (wanted["endpoint"], wanted["timeout"]) == ("PJSIP/+14155550199@trunk", "20")
    assert b"ticket-1" in ari.requests[0].content
    assert "ticket-1" not in str(ari.requests[0].url), "addresses are logged"
    assert len(ari.channels) == 0


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (17, CallStatus.BUSY),
        (19, CallStatus.NO_ANSWER),
        (18, CallStatus.NO_ANSWER),
        (16, CallStatus.NO_ANSWER),
        (21, CallStatus.FAILED),
        (34, CallStatus.FAILED),
        (1, CallStatus.FAILED),
    ],
)
def test_asterisk_busy_noanswer_causes(cause: int, status: CallStatus) -> None:
    """Who was not answered is told why by the cause, and asking later tells the same."""
    ari = _Ari()

    async def scenario() -> Progress | None:
        dialer = _dialer(ari)
        await dialer.dial(_LINE, _ORDER)
        for event in (_event("ChannelCreated"), _event("ChannelStateChange", "Ringing")):
            assert dialer.channels.take(event) is not None
        assert dialer.channels.take(_event("ChannelDestroyed", cause=cause)) == ("intent-1", Progress(status))
        ari.channels.clear()
        return await dialer.look(_LINE, "intent-1")

    assert run(scenario()) == Progress(status)


def test_a_call_that_was_answered_is_completed_whatever_the_cause() -> None:
    log = ChannelLog()
    log.take(_event("ChannelStateChange", "Up"))
    assert log.take(_event("ChannelDestroyed", cause=16)) == ("intent-1", Progress(CallStatus.COMPLETED))
    assert log.take(_event("ChannelDestroyed", cause=17)) is None, "an end stays"
    assert status_of_cause(38, answered=True) is CallStatus.COMPLETED


def test_a_call_whose_end_no_event_told_is_completed_once_its_channel_is_gone() -> None:
    async def scenario() -> Progress | None:
        dialer = _dialer(_Ari())
        dialer.channels.take(_event("ChannelStateChange", "Up"))
        return await dialer.look(_LINE, "intent-1")

    assert run(scenario()) == Progress(CallStatus.COMPLETED)


@pytest.mark.parametrize(("status", "error"), [(401, DialRefusedError), (400, DialRefusedError), (500, ProviderError)])
def test_what_asterisk_refuses_is_no_call(status: int, error: type[ProviderError]) -> None:
    async def scenario() -> None:
        await _dialer(_Ari(status)).dial(_LINE, _ORDER)

    with pytest.raises(error) as failure:
        run(scenario())
    assert isinstance(failure.value, DialRefusedError) == (status < 500)


@given(
    st.dictionaries(
        st.sampled_from(["type", "channel", "cause"]),
        st.none() | st.text(max_size=5) | st.dictionaries(st.sampled_from(["id", "state"]), st.text() | st.integers()),
    )
)
def test_any_event_is_taken(event: dict[str, Any]) -> None:
    ChannelLog().take(event)
