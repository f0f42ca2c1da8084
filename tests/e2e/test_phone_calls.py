"""Whole calls over Twilio's protocol in real time: the real server with its embedded models, simulated carriers."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from server.caller.live_call import CallPlan
from server.caller.local_server import local_server
from server.caller.measure import voiced_segments
from server.caller.phone import CARRIERS, make_phone_call
from server.caller.phone_wire import stream_url
from server.caller.script import in_order
from server.caller.sound import RATE_HZ
from server.caller.twilio_wire import TwilioWire
from server.caller.voice import Voice, VoiceSpec

_ROOT = Path(__file__).parents[2]
_STREAMDOUBLE = _ROOT / ".tools" / "peers" / "venv" / "bin" / "streamdouble"
_LINES = ("I would give it a four.", "The food.", "Yes.", "The waiter was very kind.", "Yes.")

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    data = tmp_path_factory.mktemp("data")
    with local_server(_ROOT / "examples" / "flows", {"DATA_DIR": str(data)}) as address:
        yield address, data


def _newest_report(data: Path) -> dict[str, Any]:
    reports = sorted((data / "calls").glob("*/report.json"))
    report: dict[str, Any] = json.loads(reports[-1].read_text())  # call ids rise with time
    return report


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_caller_on_the_phone_is_understood_and_hears_the_good_bye(server: tuple[str, Path], carrier: str) -> None:
    address, data = server
    voice = Voice(VoiceSpec("deep"))
    sounds = {line: voice.sound_of(line) for line in _LINES}
    plan = CallPlan(stream_url(carrier, address, "survey"), in_order(_LINES), sounds, limit_s=120)
    record = asyncio.run(make_phone_call(plan, carrier=carrier))
    assert [event.text for event in record.events if event.who == "error"] == []
    assert record.completed, record.end_reason
    report = _newest_report(data)
    assert report["completed"]
    assert report["variables"]["best_part"] == "food"
    said_last = [turn for turn in report["turns"] if turn["bot"]][-1]
    assert not said_last["interrupted"]
    assert voiced_segments(record.bot, RATE_HZ)[-1].end_samples > 0


async def test_garbage_between_frames_does_not_end_a_call_and_stop_does(server: tuple[str, Path]) -> None:
    address, data = server
    wire = TwilioWire("MZ1", "CA1", "AC1")
    connected, start = wire.begin()
    texts = [connected, "garbage", start, wire.dtmf("1"), wire.media(b"\xff" * 160), *wire.stop()]
    async with connect(stream_url("twilio", address, "ivr-menu"), compression=None) as socket:
        for text in texts:
            await socket.send(text)
            await asyncio.sleep(0.2)
        async for _ in socket:
            pass
    assert socket.close_code == 1000
    async with asyncio.timeout(5):
        while not list((data / "calls").glob("*/report.json")):  # noqa: ASYNC110  the file is another process's
            await asyncio.sleep(0.1)
    report = _newest_report(data)
    assert report["end_reason"] == "peer_gone"


@pytest.mark.skipif(not _STREAMDOUBLE.exists(), reason="`make bench-peers` installs the carrier simulator")
@pytest.mark.parametrize("network", [(), ("--packet-loss", "0.02", "--jitter", "30", "--latency", "60")])
def test_a_carrier_simulator_of_others_finds_nothing_wrong(
    server: tuple[str, Path], tmp_path: Path, network: tuple[str, ...]
) -> None:
    address, _ = server
    command = [str(_STREAMDOUBLE), "call", stream_url("twilio", address, "survey"), "--json", *network]
    command += ["--audio", str(_ROOT / "tests" / "data" / "audio" / "cards_002.wav"), "--out", str(tmp_path / "r.wav")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    sys.stdout.write(done.stdout + done.stderr)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["violations"] == []
    assert told["unknown_events"] == []
    assert told["media_frames_received"] > 0
    assert told["marks_echoed"] == told["marks_received"] > 0
