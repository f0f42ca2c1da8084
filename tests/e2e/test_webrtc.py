"""Calls over WebRTC to the real application on loopback, with echo calls; the client is stock aiortc."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from pipeline.frames.control import DtmfPressed, PeerGone
from tests.support.echo_server import RunningServer, running
from tests.support.rtc_client import RtcClient
from tests.support.sound import humming, likeness_through_opus, samples

FLOW = "mode=flow&program_id=greet"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running(tmp_path) as started:
        yield started


@asynccontextmanager
async def _client(server: RunningServer) -> AsyncIterator[RtcClient]:
    client = RtcClient(server.http_url)
    try:
        yield client
    finally:
        await client.close()


async def _gone(server: RunningServer) -> None:
    async with asyncio.timeout(10):
        while len(server.live):  # noqa: ASYNC110  it lives in another thread
            await asyncio.sleep(0.05)


async def test_sound_goes_both_ways_and_messages_on_the_channel(server: RunningServer) -> None:
    spoken = humming(2.0, seed=1)
    async with _client(server) as client:
        await client.call(FLOW)
        assert (await client.message("config"))["audio_sample_rate"] == 16_000
        assert (await client.message("transcript"))["text"] == "This is greet."
        client.microphone.say(spoken)
        await client.until(lambda: len(client.heard) > 2 * 16_000 * 4)
        assert likeness_through_opus(samples(spoken), samples(bytes(client.heard))) > 0.9
    await _gone(server)
    assert any(isinstance(frame, PeerGone) for frame in server.calls.placed[0].received)


async def test_pings_events_and_keys_are_taken_on_the_channel(server: RunningServer) -> None:
    async with _client(server) as client:
        await client.call(FLOW)
        await client.message("config")
        client.say(type="ping", ts=1.5)
        assert (await client.message("pong"))["ts"] == 1.5
        client.say(type="dtmf", digits="12")
        client.say(type="ui_event", action="finish")
        assert (await client.message("flow_end"))["reason"] == "completed"
        await client.until(lambda: client.got[-1].get("status") == "ended")
    assert DtmfPressed("12") in server.calls.placed[0].received
    await _gone(server)


async def test_a_keep_alive_in_plain_text_is_no_fault(server: RunningServer) -> None:
    async with _client(server) as client:
        await client.call(FLOW)
        await client.message("config")
        client.channel.send("ping")
        client.channel.send("ping: 1700000000")
        client.say(type="ping", ts=2)
        await client.message("pong")
        assert [each for each in client.got if each["type"] == "error"] == []


async def test_a_call_is_taken_up_over_another_connection_with_the_token_it_was_told(server: RunningServer) -> None:
    async with _client(server) as old, _client(server) as new:
        await old.call(f"{FLOW}&resume=true")
        token = (await old.message("config"))["resume_token"]
        seen = (await old.message("transcript"))["seq"]
        old.say(type="ui_event", action="say", data={"text": "not seen yet"})
        await old.message("transcript", count=2)
        await new.call(f"session_token={token}&last_seq={seen}")
        assert (await new.message("transcript"))["text"] == "not seen yet"
    assert len(server.calls.placed) == 1


async def test_a_new_connection_in_place_of_one_of_a_session_needs_no_token(server: RunningServer) -> None:
    async with _client(server) as old, _client(server) as new, httpx.AsyncClient(base_url=server.http_url) as http:
        await old.call(f"{FLOW}&resume=true")
        await old.message("config")
        body = {"sdp": await new.offer(), "type": "offer", "pc_id": old.pc_id, "restart_pc": True}
        await new.accept((await http.post("/offer", json=body)).json()["sdp"])
        await new.until(lambda: new.channel.readyState == "open")
        new.say(type="ui_event", action="say", data={"text": "still here"})
        assert (await new.message("transcript"))["text"] == "still here"
    assert len(server.calls.placed) == 1


async def test_a_phones_app_gets_its_messages_on_a_control_socket(server: RunningServer) -> None:
    name = "session_id=0b1c"
    async with _client(server) as client, connect(f"{server.ws_url}/ws?mode=control&{name}") as control:
        assert json.loads(await control.recv()) == {"type": "status", "status": "idle"}
        await client.call(f"{FLOW}&{name}")
        await client.message("transcript")
        await control.send(json.dumps({"type": "ui_event", "action": "finish"}))
        said = [json.loads(text) async for text in control]
    kinds = [each["type"] for each in said]
    assert [kind for kind in kinds if kind in ("config", "transcript", "flow_end")] == [
        "config",
        "transcript",
        "flow_end",
    ]
    assert {each["id"] for each in said if each["type"] == "transcript"} == {"hello"}


async def test_a_switcher_that_offers_its_calls_name_joins_the_call(server: RunningServer) -> None:
    name = "session_id=0b1d"
    async with connect(f"{server.ws_url}/ws?{FLOW}&{name}") as socket, _client(server) as client:
        await client.call(f"{FLOW}&{name}")
        async for text in socket:
            if json.loads(text)["type"] == "switch-now":
                break
        client.microphone.say(spoken := humming(2.0, seed=3))
        await client.until(lambda: len(client.heard) > 2 * 16_000 * 4)
        assert likeness_through_opus(samples(spoken), samples(bytes(client.heard))) > 0.9
    assert len(server.calls.placed) == 1


async def test_candidates_may_come_after_an_offer_without_any(server: RunningServer) -> None:
    async with _client(server) as client, httpx.AsyncClient(base_url=server.http_url) as http:
        sdp = await client.offer()
        bare = "\r\n".join(line for line in sdp.split("\r\n") if "candidate" not in line)
        answer = (await http.post(f"/offer?{FLOW}", json={"sdp": bare, "type": "offer"})).json()
        await client.accept(answer["sdp"])
        found = [line.removeprefix("a=") for line in sdp.split("\r\n") if line.startswith("a=candidate")]
        body = {"candidates": [{"candidate": each, "sdpMid": "0", "sdpMLineIndex": 0} for each in [*found, ""]]}
        assert (await http.patch(f"/offer/{answer['pc_id']}", json=body)).json() == {"status": "ok"}
        await client.message("config")


async def test_a_later_offer_on_the_same_connection_is_answered(server: RunningServer) -> None:
    async with _client(server) as client, httpx.AsyncClient(base_url=server.http_url) as http:
        await client.call(FLOW)
        await client.message("config")
        body = {"sdp": await client.offer(), "type": "offer", "pc_id": client.pc_id}
        response = await http.post("/offer", json=body)
        assert response.json()["pc_id"] == client.pc_id
        await client.accept(response.json()["sdp"])
        client.say(type="ping", ts=1)
        await client.message("pong")
    assert len(server.calls.placed) == 1


async def test_a_new_connection_in_place_of_the_old_goes_on_with_the_call(server: RunningServer) -> None:
    async with _client(server) as old, _client(server) as new, httpx.AsyncClient(base_url=server.http_url) as http:
        await old.call(FLOW)
        await old.message("config")
        body = {"sdp": await new.offer(), "type": "offer", "pc_id": old.pc_id, "restart_pc": True}
        response = await http.post("/offer", json=body)
        await new.accept(response.json()["sdp"])
        await new.until(lambda: new.channel.readyState == "open")
        new.say(type="ui_event", action="say", data={"text": "still here"})
        assert (await new.message("transcript"))["text"] == "still here"
        new.microphone.say(spoken := humming(2.0, seed=2))
        await new.until(lambda: len(new.heard) > 2 * 16_000 * 4)
        assert likeness_through_opus(samples(spoken), samples(bytes(new.heard))) > 0.9
    assert len(server.calls.placed) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"sdp": "not a description", "type": "offer"}, 422, "webrtc.bad_offer"),
        ({"sdp": "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "type": "offer"}, 422, "webrtc.bad_offer"),
        ({"sdp": "v=0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 9, "type": "offer"}, 422, "webrtc.bad_offer"),
        ({"sdp": "m=audio x" * 10_000, "type": "offer"}, 422, "request.invalid"),
        ({"type": "offer"}, 422, "request.invalid"),
        ({"sdp": "v=0", "type": "offer", "pc_id": "nobody"}, 404, "webrtc.unknown_peer"),
    ],
)
async def test_a_bad_offer_is_refused_in_plain_words(
    server: RunningServer, body: dict[str, str], status: int, code: str
) -> None:
    async with httpx.AsyncClient(base_url=server.http_url) as http:
        response = await http.post("/offer", json=body)
    assert (response.status_code, response.json()["error"]) == (status, code)


async def test_candidates_for_nobody_or_that_are_none_are_refused(server: RunningServer) -> None:
    async with _client(server) as client, httpx.AsyncClient(base_url=server.http_url) as http:
        offer = {"sdp": await client.offer(), "type": "offer"}
        peer = (await http.post(f"/offer?{FLOW}", json=offer)).json()["pc_id"]
        bad = {"candidates": [{"candidate": "candidate:1 1 udp", "sdpMid": "0"}]}
        assert (await http.patch("/offer/nobody%231-ab", json=bad)).status_code == 404
        response = await http.patch(f"/offer/{peer}", json=bad)
    assert (response.status_code, response.json()["error"]) == (422, "webrtc.bad_candidate")


async def test_a_flood_of_offers_meets_a_bound(tmp_path: Path) -> None:
    with running(tmp_path, max_calls=1) as server:
        bound = server.max_peers
        async with _client(server) as client, httpx.AsyncClient(base_url=server.http_url, timeout=30) as http:
            offer = {"sdp": await client.offer(), "type": "offer"}
            answers = [(await http.post(f"/offer?{FLOW}", json=offer)).status_code for _ in range(bound + 3)]
    assert answers == [200] * bound + [503] * 3


async def test_a_message_of_a_megabyte_ends_the_call(server: RunningServer) -> None:
    async with _client(server) as client:
        await client.call(FLOW)
        await client.message("config")
        client.connection.sctp._remote_max_message_size = 2**21  # type: ignore[union-attr]  # a rude client
        client.channel.send("x" * 2**20)
        assert (await client.message("error"))["code"] == "protocol.too_large"
    await _gone(server)


async def test_an_unknown_flow_is_told_on_the_channel(server: RunningServer) -> None:
    async with _client(server) as client:
        await client.call("program_id=missing")
        assert (await client.message("error"))["code"] == "flow.not_found"


async def test_without_helpers_none_are_named(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.http_url) as http:
        assert (await http.get("/ice-servers")).json() == {"iceServers": [], "ttlSeconds": None}
