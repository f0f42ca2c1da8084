"""A call over a network that loses 5 % of the packets and delays the others by 40 to 80 ms, both ways."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.frames.audio import AudioIn
from tests.support.echo_server import RunningServer, running
from tests.support.rtc_client import RtcClient
from tests.support.sound import humming, likeness, samples

LOSS, LEAST_S, MOST_S = 0.05, 0.04, 0.08


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running(tmp_path) as started:
        yield started


def _spoil(client: RtcClient, pick: random.Random) -> None:
    """Lose and delay what the client sends and gets, below its encryption."""
    assert client.connection.sctp is not None
    ice: Any = client.connection.sctp.transport.transport
    send, recv = ice._send, ice._recv
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Future[Any]] = set()

    def start(work: Any) -> None:
        task = asyncio.ensure_future(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def late(data: bytes) -> None:
        await asyncio.sleep(pick.uniform(LEAST_S, MOST_S))
        try:
            await send(data)
        except ConnectionError:
            return

    async def bad_send(data: bytes) -> None:
        if pick.random() >= LOSS:
            start(late(data))

    async def pump() -> None:
        while True:
            try:
                data = await recv()
            except ConnectionError:
                return
            if pick.random() >= LOSS:
                loop.call_later(pick.uniform(LEAST_S, MOST_S), arrived.put_nowait, data)

    ice._send, ice._recv = bad_send, arrived.get
    start(pump())
    client.spoiled = tasks  # type: ignore[attr-defined]  # nobody else holds them


async def test_a_conversation_is_understood_and_its_quality_told(server: RunningServer) -> None:
    spoken = humming(6.0, seed=21)
    client = RtcClient(server.http_url)
    await client.call("program_id=greet")
    await client.message("config")
    _spoil(client, random.Random(7))
    client.microphone.say(spoken)
    quality = await client.message("quality", count=2, within_s=20)
    call = server.calls.placed[0]
    heard = b"".join(frame.pcm for frame in call.received if isinstance(frame, AudioIn))
    assert likeness(samples(spoken), samples(heard)) > 0.6
    client.say(type="ui_event", action="say", data={"text": "got through"})
    await client.until(lambda: client.got[-1].get("text") == "got through")
    assert quality["wire"] == "webrtc"
    assert quality["jitter_ms"] > 3
    assert 0.01 < quality["loss"] < 0.2
    assert 1 < quality["mos"] < 4.3
    client.say(type="ui_event", action="finish")
    await client.message("flow_end")
    report = call.request.quality.legs(12.0)
    assert [(leg.wire, leg.mos is not None) for leg in report] == [("webrtc", True)]
    for task in client.spoiled:  # type: ignore[attr-defined]  # see above
        task.cancel()
    await client.close()
