"""Vendors fail in the middle of a spoken turn: speech goes on, nothing is said or done twice, nothing is left or told.

Each test is one provider that meets each fault, in calls that are had side by side: they mostly wait.
"""

import io
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest
import structlog

from flows.actions import VariableSet
from pipeline.frames.control import Screen
from pipeline.ports import LanguageModel, SpeechToText, TextToSpeech, ToolCall
from pipeline.report import CallReport
from providers.fake.llm import FakeLlm
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.resilience.for_call import ProviderSet, for_call
from providers.resilience.member import LLM_PATIENCE, STT_PATIENCE, TTS_PATIENCE, Member
from providers.trimmed import TrimmedTts
from server.logging import configure
from tests.support.call_lab import TapeLeg
from tests.support.live_call import LiveCall, live_call
from tests.support.side_by_side import TooLateError, each_alone
from tests.support.vendors.at_hand import PROVIDERS, running
from tests.support.vendors.faults import RETRY_AFTER_S, Fault, Kind
from tests.support.vendors.http import KEY, HttpVendor
from tests.support.vendors.openai import OpenAiServer

BEARABLE_S = 1.5
MACHINE_S = 0.5  # what a busy machine may add
NAME = "My name is Ada Lovelace."
FLOW = """
id: greeting
version: "1"
initial_state: ask
states:
  ask:
    say: "Hello. What is your name?"
    tools:
      save:
        parameters:
          full_name: {type: string, required: true, recognise: name}
    transitions:
      on_tool_call: {save: done}
  done:
    say: "Thank you and goodbye."
    transitions: {}
"""
ASKED_FLOW = """
id: asked
version: "1"
initial_state: ask
states:
  ask:
    say: "Hello."
    prompt: Find out which city it is.
    agent:
      tools: [save]
    tools:
      save:
        parameters:
          city: {type: string, required: true}
    transitions:
      on_tool_call: {save: done}
  done:
    say: "Thank you and goodbye."
    transitions: {}
"""
_REFUSED = (Kind.UNAUTHORIZED, Kind.RATE_LIMITED)


def members(
    stt: Sequence[SpeechToText] = (), tts: Sequence[TextToSpeech] = (), llm: Sequence[LanguageModel] = ()
) -> ProviderSet:
    """Return those under test, each before a stand-in that always works."""
    return ProviderSet(
        [Member(each, STT_PATIENCE) for each in (*stt, FakeStt([NAME]))],
        [Member(TrimmedTts(each), TTS_PATIENCE) for each in (*tts, FakeTts())],
        [Member(each, LLM_PATIENCE) for each in llm],
    )


@pytest.fixture(autouse=True)
def _nothing_is_told() -> Iterator[None]:
    """Log as a server does at its most talkative: no key and nothing that was said is in it."""
    root = logging.getLogger()
    handlers, level, told = root.handlers, root.level, io.StringIO()
    configure("debug", as_json=True, stream=told)
    try:
        yield
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()
    assert KEY not in told.getvalue()
    assert "Lovelace" not in told.getvalue()


async def held(
    flow: str, providers: ProviderSet, scenario: Callable[[LiveCall], Awaitable[None]]
) -> tuple[CallReport, TapeLeg]:
    """Hold a call in which each line is said once, in captions and in the report, and soon enough."""
    report, leg = await live_call(flow, for_call(providers), scenario)
    assert all(member.provider.live == 0 for member in providers.stt if isinstance(member.provider, FakeStt))
    for lines in ([turn.bot for turn in report.turns if turn.bot], leg.captions("assistant")):
        assert len(set(lines)) == len(lines), lines
    gap_ms = report.turns[1].gap_ms
    assert gap_ms is not None
    if gap_ms / 1000 >= BEARABLE_S + MACHINE_S:
        raise TooLateError(f"the caller waited for {gap_ms} ms")
    return report, leg


def befall(server: Any, kind: Kind, after: int) -> None:
    """Let what comes next meet a fault, and the sockets that are open: those cannot be refused any more."""
    server.later = Fault(kind, after)
    if not isinstance(server, HttpVendor):
        server.now = Fault(Kind.CUT if kind in _REFUSED else kind, after)


# --- listening --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PROVIDERS["stt"])
async def test_a_recogniser_fails_while_the_caller_speaks(name: str) -> None:
    async def fails(kind: Kind) -> None:
        async def scenario(call: LiveCall) -> None:
            await call.until_listening()
            await call.speak(0.5)
            befall(server, kind, 0)
            await call.speak(0.8)
            await call.listen(4.0)

        async with running("stt", name, NAME) as (server, stt):
            report, _ = await held(FLOW, members(stt=[stt]), scenario)
            await server.freed()
        assert report.variables["full_name"] == "Ada Lovelace"
        assert report.completed
        assert {incident.kind for incident in report.incidents} <= {"stt"}
        ignored = PROVIDERS["stt"][name].hosted and kind is Kind.GARBAGE
        if kind not in (Kind.SLOW_CLOSE, Kind.DRIBBLE) and not ignored:
            assert report.incidents

    await each_alone([*Kind], fails)


@pytest.mark.parametrize("name", ["nova", "hosted cartesia"])
async def test_the_only_recogniser_is_opened_again_and_hears_the_whole_turn(name: str) -> None:
    async def scenario(call: LiveCall) -> None:
        await call.until_listening()
        await call.speak(0.8)
        server.now = Fault(Kind.CUT, 0)
        await call.speak(0.3)
        server.now = None
        await call.speak(0.3)
        await call.listen(4.0)

    async with running("stt", name, NAME) as (server, stt):
        alone = members(stt=[stt])
        report, _ = await held(FLOW, ProviderSet(alone.stt[:1], alone.tts), scenario)
    assert report.variables["full_name"] == "Ada Lovelace"
    assert {incident.remedy for incident in report.incidents} == {"reconnected"}


# --- speaking ---------------------------------------------------------------------------------------------------------
def asked_of(server: Any) -> list[str]:
    """Return what the vendor was asked to speak."""
    if not isinstance(server, HttpVendor):
        return list(server.asked)
    bodies = [request.json for request in server.requests if request.method == "POST"]
    return [body["input" if isinstance(server, OpenAiServer) else "text"] for body in bodies]


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("name", PROVIDERS["tts"])
async def test_a_voice_fails_before_or_in_a_sentence(name: str, after: int) -> None:
    async def fails(kind: Kind) -> None:
        async def scenario(call: LiveCall) -> None:
            await call.until_listening()
            befall(server, kind, after)
            await call.speak(1.3)
            await call.until_listening()

        async with running("tts", name) as (server, tts):
            report, _ = await held(FLOW, members(tts=[tts]), scenario)
            await tts.aclose()
            await server.freed()
        assert report.completed
        asked = [text for text in asked_of(server) if "goodbye" in text]
        most = 3 if PROVIDERS["tts"][name].hosted else 2
        assert len(asked) <= most, "for answers begun early that came to nothing, and once for the answer"

    await each_alone([*Kind], fails)


# --- thinking ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("name", PROVIDERS["llm"])
async def test_a_model_fails_before_or_in_an_answer_that_calls_a_tool(name: str, after: int) -> None:
    async def fails(kind: Kind) -> None:
        async def scenario(call: LiveCall) -> None:
            await call.until_listening()
            befall(server, kind, after)
            await call.speak(1.3)
            await call.listen(6.0)

        async with running("llm", name) as (server, llm):
            stand_in = FakeLlm([[ToolCall("c1", "save", {"city": "Oslo"})]])
            report, leg = await held(ASKED_FLOW, members(llm=[llm, stand_in]), scenario)
            await llm.aclose()
            await server.freed()
        saved = [frame for _, frame in leg.of(Screen) if isinstance(frame.action, VariableSet)]
        assert len(saved) <= 1, "the tool ran twice"
        assert report.turns[1].bot
        if name == "openai" and kind is Kind.STALL and after == 0:
            assert report.turns[1].reasons == ("llm provider.late hedged",)
        if kind is Kind.RATE_LIMITED:
            assert {incident.retry_after_s for incident in report.incidents} == {RETRY_AFTER_S}

    await each_alone([*Kind], fails)
