"""The simulated caller against a server that plays a fixed scene, over a real socket in real time."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from kit.errors import InputError
from server.caller.client import make_call
from server.caller.command import call
from server.caller.live_call import CallPlan, CallRecord
from server.caller.measure import voiced_segments
from server.caller.report import report_of
from server.caller.script import Answer, Script, UiAction
from server.caller.sound import RATE_HZ, Sound, read_stereo_wav, write_stereo_wav
from server.caller.voice import Voice, VoiceSpec
from server.caller.wire import call_url
from tests.support.scripted_pvp import Line, Seen, scripted_messages, scripted_pvp

_GREETING = Line("ask_name", "Hello. What is your name?", variables=(("full_name", "John Smith"),))
_BYE = Line("done", "Thank you. Goodbye.")


def _spoken(seconds: float) -> Sound:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    sound: Sound = (5000 * np.sign(np.sin(2 * np.pi * 440 * t))).astype(np.int16)
    return sound


async def _call(script: Script, *lines: Line, telephone: bool = False) -> tuple[CallRecord, Seen]:
    sounds = {line: _spoken(0.7) for line in script.lines()}
    async with scripted_pvp(lines) as (address, seen):
        url = call_url(address, "test")
        return await make_call(CallPlan(url, script, sounds, telephone=telephone, limit_s=20)), seen


async def test_a_call_is_completed_and_its_gap_is_that_of_the_server() -> None:
    script = Script((Answer(state="ask_name", hears=None, say=("My name is John Smith.",)),))
    record, seen = await _call(script, _GREETING, _BYE)
    report = report_of(record)
    assert report["completed"]
    assert report["end_reason"] == "completed"
    assert report["variables"] == {"full_name": "John Smith"}
    assert report["states"] == ["ask_name", "done"]
    assert [turn["bot"] for turn in report["turns"]] == ["Hello. What is your name?", "Thank you. Goodbye."]
    answer = report["turns"][1]
    assert answer["waterfall"]["gap_ms"] == 400
    # the answer comes 400 ms after the last loud frame arrived, which is 20 ms after that frame began
    assert answer["voice_to_voice_ms"] == pytest.approx(400, abs=45)
    assert seen.path == "/ws?mode=flow&program_id=test"
    assert seen.frame_sizes == {640}


async def test_the_microphone_never_stops_and_keeps_real_time() -> None:
    record, seen = await _call(Script((Answer(say=("Hi",)),)), _GREETING, _BYE)
    assert len(record.caller) * 2 == pytest.approx(seen.audio_bytes, abs=640 * 20)
    assert len(record.bot) == pytest.approx(len(record.caller), abs=RATE_HZ // 4)
    assert np.count_nonzero(record.caller[: RATE_HZ // 2]) > RATE_HZ // 4


async def test_a_telephone_call_goes_at_8_khz_both_ways_in_band() -> None:
    record, seen = await _call(Script((Answer(say=("Hi",)),)), _GREETING, _BYE, telephone=True)
    assert seen.messages[0] == {"type": "config", "sample_rate": 8000, "channels": 1}
    assert seen.frame_sizes == {320}
    for channel in (record.caller, record.bot):
        spectrum = np.abs(np.fft.rfft(channel.astype(float))) ** 2
        hz = np.fft.rfftfreq(len(channel), 1 / RATE_HZ)
        assert spectrum[hz > 3900].sum() < 1e-3 * spectrum.sum()
    wait_ms = report_of(record)["turns"][1]["voice_to_voice_ms"]
    assert wait_ms == pytest.approx(400, abs=60)


async def test_an_interruption_stops_the_speaker_and_is_reported() -> None:
    script = Script((Answer(state="ask_name", say=("Sorry, one moment",), barge_in_after_ms=800),))
    long = Line("ask_name", "Hello and welcome to all of this.", seconds=5.0, stop_when_heard=True)
    record, _ = await _call(script, long, _BYE)
    report = report_of(record)
    assert [turn["interrupted"] for turn in report["turns"]] == [False, True]
    assert report["turns"][0]["bot"] == "Hello"
    caller, bot = (voiced_segments(channel, RATE_HZ) for channel in (record.caller, record.bot))
    assert (caller[0].start_samples - bot[0].start_samples) / RATE_HZ == pytest.approx(0.8, abs=0.1)
    assert (bot[0].end_samples - caller[0].start_samples) / RATE_HZ < 0.3


async def test_a_form_is_submitted_in_place_of_an_answer() -> None:
    script = Script((Answer(state="details", ui=UiAction("form_submit", {"email": "a@b.example"})),))
    record, seen = await _call(script, Line("details", "Please fill in the form.", ui="form_submit"), _BYE)
    assert record.completed
    assert seen.messages == [{"type": "ui_event", "action": "form_submit", "data": {"email": "a@b.example"}}]


async def test_a_server_that_goes_away_is_told_apart_from_an_end() -> None:
    async with scripted_messages(['{"type": "status", "status": "idle"}']) as address:
        record = await make_call(CallPlan(call_url(address, "x"), Script((Answer(say=("Hi",)),)), {"Hi": _spoken(0.1)}))
    assert not record.completed
    assert record.end_reason == "closed:1000"


@pytest.mark.parametrize(
    ("message", "why"),
    [(b"\0\0", "before config"), ("[]", "§5"), ('{"type": "flow_end", "status": "x"}', "named status")],
)
async def test_a_breach_of_the_protocol_ends_the_call(message: str | bytes, why: str) -> None:
    async with scripted_messages([message]) as address:
        record = await make_call(CallPlan(call_url(address, "x"), Script((Answer(say=("Hi",)),)), {"Hi": _spoken(0.1)}))
    assert record.end_reason == "protocol_error"
    assert why in next(event.text for event in record.events if event.who == "error")


async def test_nobody_at_the_address_is_an_error_of_the_caller(unused_tcp_port: int) -> None:
    with pytest.raises(InputError, match="no call possible"):
        await make_call(CallPlan(f"ws://127.0.0.1:{unused_tcp_port}/ws", Script(()), {}))


async def _command(address: str, *arguments: str) -> Any:
    return await asyncio.to_thread(CliRunner().invoke, call, ["--server", address, *arguments])


async def test_the_command_plays_files_and_writes_the_recording_and_the_report(tmp_path: Path) -> None:
    write_stereo_wav(tmp_path / "hi.wav", _spoken(0.6), _spoken(0.6))
    async with scripted_pvp([_GREETING, _BYE]) as (address, _):
        out = ["--wav", str(tmp_path / "out.wav"), "--json", str(tmp_path / "out.json")]
        result = await _command(address, "--flow", "test", "--audio", str(tmp_path / "hi.wav"), *out)
    assert result.exit_code == 0, result.output
    assert "bot          Hello. What is your name?" in result.output
    assert "full_name = 'John Smith'" in result.output
    caller, bot = read_stereo_wav(tmp_path / "out.wav")
    assert voiced_segments(bot, RATE_HZ)[0].end_samples < voiced_segments(caller, RATE_HZ)[0].start_samples
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert report["completed"] is True
    assert report["voice_to_voice_ms"]["p50"] == report["turns"][1]["voice_to_voice_ms"]


async def test_the_command_fails_when_an_expectation_does_not_hold(tmp_path: Path) -> None:
    write_stereo_wav(tmp_path / "hi.wav", _spoken(0.6), _spoken(0.6))
    script = tmp_path / "caller.yaml"
    script.write_text(
        f"flow: test\nanswers:\n  - say: {tmp_path}/hi.wav\nexpect:\n  variables: {{full_name: Ann Lee}}\n",
        encoding="utf-8",
    )
    async with scripted_pvp([_GREETING, _BYE]) as (address, _):
        result = await _command(address, "--script", str(script))
    assert result.exit_code == 1
    assert "full_name: expected 'Ann Lee', got 'John Smith'" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--say", "Hi"], "which flow?"),
        (["--flow", "x"], "exactly one of --say, --audio and --script"),
        (["--flow", "x.yaml", "--audio", "/none.wav"], "cannot be read as a WAV file"),
        (["--flow", "x", "--script", "/none.yaml"], "cannot be read"),
        (["--flow", "x", "--in-process", "--server", "y", "--say", "z"], "exclude each other"),
    ],
)
def test_a_wrong_command_line_says_what_to_do(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(call, arguments)
    assert result.exit_code != 0
    assert message in result.output


@pytest.mark.parametrize("name", ["deep", "bright@170"])
def test_an_embedded_voice_speaks_at_a_human_pace(name: str) -> None:
    sound = Voice(VoiceSpec.parse(name)).sound_of("My name is John Smith.")
    (words,) = voiced_segments(sound, RATE_HZ)
    assert 0.8 < (words.end_samples - words.start_samples) / RATE_HZ < 2.2
    assert np.abs(sound.astype(int)).max() > 5000


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_espeak_speaks_and_an_unknown_voice_is_told() -> None:
    sound = Voice(VoiceSpec("en-us+m3")).sound_of("My name is John Smith.")
    assert 0.8 < len(sound) / RATE_HZ < 3.0
    with pytest.raises(InputError, match="cannot speak with voice"):
        Voice(VoiceSpec("qqq")).sound_of("Hi")
