"""Who speaks, in real time: the real server with its own models, real audio, and a language model that breaks."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.data.turns.sounds import cough
from server.caller.client import make_call
from server.caller.live_call import CallPlan, CallRecord, Event
from server.caller.local_server import local_server
from server.caller.measure import Segment, voiced_segments
from server.caller.script import Answer, Script
from server.caller.sound import RATE_HZ, Sound
from server.caller.voice import Voice, VoiceSpec
from server.caller.wire import call_url
from tests.support.vendors import openai as openai_server
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import OpenAiServer

_FLOWS = Path(__file__).parent / "turn_taking_flows"
_VOICE = Voice(VoiceSpec("deep"))
_GOODBYE = "All right. Goodbye."
_TOOL_S = 6.0

pytestmark = pytest.mark.timeout(120)


# --- the server, and the model behind it -----------------------------------------------------------------------------
def _answer(request: dict[str, Any]) -> openai_server.Answer:
    last = request["messages"][-1]
    words = str(last["content"]).lower()
    if last["role"] == "tool":
        return openai_server.Answer([_TOOL_S, {"content": "Your table is booked."}])
    if "weather" in words:
        return openai_server.Answer([None])  # the head of an answer, then nothing
    if "train" in words:
        return openai_server.Answer(deaf=True)  # takes the request, and is silent
    if "table" in words:
        return openai_server.tool_call("book", "{}")
    return openai_server.text("It is noon.")


@contextmanager
def _model() -> Iterator[str]:
    """Run the model in a loop of its own; yields its address."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    over = asyncio.Event()
    model = OpenAiServer(_answer)

    async def serve() -> None:
        async with model.running():
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(10)
    try:
        yield model.base_url
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with _model() as base_url:
        settings = {
            "DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "LLM_BASE_URL": base_url,
            "LLM_API_KEY": KEY,
            "RECORD": "false",
        }
        with local_server(_FLOWS, settings) as started:
            yield started


# --- the caller ------------------------------------------------------------------------------------------------------
def _plan(address: str, flow: str, *answers: Answer, **sounds: Sound) -> CallPlan:
    script = Script((*answers, Answer(wait=True, times=20)))
    spoken = {line: sounds[line] if line in sounds else _VOICE.sound_of(line) for line in script.lines()}
    return CallPlan(call_url(address, flow), script, spoken, limit_s=45.0)


def _calls(*plans: CallPlan) -> list[CallRecord]:
    async def together() -> list[CallRecord]:
        return await asyncio.gather(*(make_call(plan) for plan in plans))

    return asyncio.run(together())


def _call(address: str, flow: str, *answers: Answer, **sounds: Sound) -> CallRecord:
    return _calls(_plan(address, flow, *answers, **sounds))[0]


def _over_the_bot(line: str, after_ms: int = 1500) -> Answer:
    return Answer(say=(line,), barge_in_after_ms=after_ms)


def _lines(record: CallRecord, who: str) -> list[str]:
    return [event.text for event in record.events if event.who == who]


def _first(record: CallRecord, who: str) -> Event:
    return next(event for event in record.events if event.who == who)


def _bot(record: CallRecord) -> list[Segment]:
    return voiced_segments(record.bot, RATE_HZ)


def _caller(record: CallRecord) -> list[Segment]:
    return voiced_segments(record.caller, RATE_HZ)


def _bot_lines(record: CallRecord) -> list[str]:
    """What the bot said; a line that was broken off is sent again as it was heard."""
    return list({event.detail: event.text for event in record.events if event.who == "bot"}.values())


def _longest_silence_s(record: CallRecord, until_samples: int) -> float:
    """The longest silence of the bot that is over before `until_samples`."""
    segments = [segment for segment in _bot(record) if segment.start_samples < until_samples]
    return max(((b.start_samples - a.end_samples) / RATE_HZ for a, b in pairwise(segments)), default=0.0)


@pytest.fixture(scope="module")
def untouched(address: str) -> CallRecord:
    """A call in which the bot tells its story to the end, with a voice that a busy machine does not hold up."""
    _call(address, "story")  # it is remembered from now on
    return _call(address, "story")


# --- over the bot ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("line", "most_turns"),
    [
        ("Stop and go back to the beginning.", 1),
        ("Stop, please. Go back to the beginning.", 2),  # it rests 0.68 s between sentences, longer than is waited
    ],
)
def test_who_interrupts_in_mid_sentence_is_listened_to(address: str, line: str, most_turns: int) -> None:
    record = _call(address, "story", _over_the_bot(line))
    assert _lines(record, "interrupted")
    assert not _bot_lines(record)[0].endswith("cars."), "history ends with what was heard"
    onset = _caller(record)[0].start_samples
    silent = max(segment.end_samples for segment in _bot(record) if segment.start_samples < onset)
    assert (silent - onset) / RATE_HZ <= 1.0, "0.2 s on a machine that does nothing else"
    assert _bot_lines(record)[-1].endswith("Goodbye.")
    heard = _lines(record, "heard")
    assert len(heard) <= most_turns
    assert {"stop", "beginning"} <= set(" ".join(heard).lower().replace(".", " ").replace(",", " ").split())


def test_a_cough_does_not_stop_the_bot(address: str, untouched: CallRecord) -> None:
    sound = np.rint(cough(1) * 9000).astype(np.int16)
    record = _call(address, "story", _over_the_bot("cough"), cough=sound)
    assert not _lines(record, "interrupted")
    assert not _lines(record, "heard")
    assert _bot_lines(record)[0] == _bot_lines(untouched)[0], "all of it is heard"
    story_end = _bot(record)[-2].end_samples
    lost_s = _longest_silence_s(record, story_end) - _longest_silence_s(untouched, _bot(untouched)[-2].end_samples)
    assert lost_s <= 0.25 + len(sound) / RATE_HZ


def test_a_sign_of_listening_does_not_stop_the_bot(address: str, untouched: CallRecord) -> None:
    mhm = _trimmed(Voice(VoiceSpec("deep", 260)).sound_of("Mhm."))
    record = _call(address, "story", _over_the_bot("mhm"), mhm=mhm)
    assert not _lines(record, "interrupted")
    assert not _lines(record, "heard")
    assert _bot_lines(record)[0] == _bot_lines(untouched)[0]


# --- at the edge of the bot's turn -----------------------------------------------------------------------------------
@pytest.mark.parametrize("before_end_ms", [150, 40])
def test_who_answers_the_moment_the_bot_stops_is_heard_once(
    address: str, untouched: CallRecord, before_end_ms: int
) -> None:
    story = _bot(untouched)[:-1]
    told_ms = (story[-1].end_samples - story[0].start_samples) * 1000 // RATE_HZ
    record = _call(address, "story", _over_the_bot("Yes, I am ready.", told_ms - before_end_ms))
    assert len(_lines(record, "heard")) == 1
    assert "ready" in _lines(record, "heard")[0].lower()
    assert _bot_lines(record)[-1] == _GOODBYE
    assert len(_bot_lines(record)) == 2
    assert record.completed


def test_a_slow_speller_is_one_turn(address: str) -> None:
    letters = [_trimmed(_VOICE.sound_of(letter)) for letter in ("M.", "I.", "L.", "L.", "E.", "R.")]
    pause = np.zeros(round(0.9 * RATE_HZ), np.int16)
    spelled = np.concatenate([part for letter in letters for part in (letter, pause)])
    record = _call(address, "spelling", Answer(say=("spelled",)), spelled=spelled)
    assert len(_lines(record, "heard")) == 1
    assert len(_bot_lines(record)) == 2, "nothing is said between the letters"
    bye, last = _bot(record)[-1], _caller(record)[-1]
    assert 1.2 <= (bye.start_samples - last.end_samples) / RATE_HZ <= 3.5


def test_who_is_silent_is_asked_again_and_then_let_go(address: str) -> None:
    record = _call(address, "silence")
    assert _bot_lines(record) == [
        "What is your name?",
        "I did not hear you. What is your name?",
        "Are you still there?",
        _GOODBYE,
    ]
    turns = _turns(record, apart_s=1.2)
    waits_s = [(b.start_samples - a.end_samples) / RATE_HZ for a, b in pairwise(turns)]
    assert len(waits_s) == 3
    assert all(1.8 <= wait_s <= 3.0 for wait_s in waits_s), waits_s


# --- a model that breaks ---------------------------------------------------------------------------------------------
def test_a_model_that_falls_silent_is_covered_and_the_next_turn_works(address: str) -> None:
    """Two callers at once, to save time: one meets a stall, the other a half-open connection."""
    questions = ("What is the weather like?", "When is the next train?")
    plans = [
        _plan(address, "chat", *(Answer(say=(line,)) for line in (question, "What time is it?", "Goodbye.")))
        for question in questions
    ]
    for record in _calls(*plans):
        asked = _first(record, "heard").at_samples
        sign = next(segment for segment in _bot(record) if segment.start_samples >= asked)
        assert (sign.start_samples - asked) / RATE_HZ <= 1.5
        assert len(_lines(record, "heard")) == 3
        assert _bot_lines(record)[2:] == ["It is noon.", _GOODBYE]
        assert record.completed


def test_a_tool_of_six_seconds_is_covered_and_answered_once(address: str) -> None:
    record = _call(address, "chat", Answer(say=("Book a table for two.",)), Answer(say=("Goodbye.",)))
    _, answer, bye = _bot_lines(record)
    assert answer.endswith("Your table is booked.")
    assert answer.count("booked") == 1
    assert len(answer) > len("Your table is booked."), "a filler comes first"
    assert bye == _GOODBYE
    asked = _first(record, "heard").at_samples
    filler, booked = [segment for segment in _turns(record, apart_s=0.8) if segment.start_samples >= asked][:2]
    assert (filler.start_samples - asked) / RATE_HZ <= 1.5
    assert _TOOL_S - 1 <= (booked.start_samples - asked) / RATE_HZ <= _TOOL_S + 2


def _trimmed(sound: Sound) -> Sound:
    found = voiced_segments(sound, RATE_HZ)
    return sound[found[0].start_samples : found[-1].end_samples]


def _turns(record: CallRecord, apart_s: float) -> list[Segment]:
    """What the bot said, joined over silences shorter than `apart_s`."""
    joined: list[Segment] = []
    for segment in _bot(record):
        if joined and segment.start_samples - joined[-1].end_samples < apart_s * RATE_HZ:
            joined[-1] = Segment(joined[-1].start_samples, segment.end_samples)
        else:
            joined.append(segment)
    return joined
