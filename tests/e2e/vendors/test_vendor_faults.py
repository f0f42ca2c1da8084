"""Vendors fail in the middle of a spoken turn: speech goes on, nothing is said or done twice, nothing is left."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from flows.actions import VariableSet
from pipeline.frames.control import Screen
from pipeline.ports import LanguageModel, SpeechToText, TextToSpeech, ToolCall
from pipeline.report import CallReport
from providers.anthropic.llm import AnthropicLlm
from providers.deepgram.stt import DeepgramStt
from providers.deepgram.tts import DeepgramTts
from providers.fake.llm import FakeLlm
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.openai.llm import OpenAiLlm
from providers.openai.tts import OpenAiTts
from providers.resilience.for_call import ProviderSet, for_call
from providers.resilience.member import LLM_PATIENCE, STT_PATIENCE, TTS_PATIENCE, Member
from tests.support.call_lab import TapeLeg
from tests.support.live_call import LiveCall, live_call
from tests.support.provider_contract import running_tasks
from tests.support.vendors.anthropic import AnthropicServer
from tests.support.vendors.deepgram import DeepgramSpeakServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
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


def members(
    stt: Sequence[SpeechToText] = (), tts: Sequence[TextToSpeech] = (), llm: Sequence[LanguageModel] = ()
) -> ProviderSet:
    """Return those under test, each before a stand-in that always works."""
    return ProviderSet(
        [Member(each, STT_PATIENCE) for each in (*stt, FakeStt([NAME]))],
        [Member(each, TTS_PATIENCE) for each in (*tts, FakeTts())],
        [Member(each, LLM_PATIENCE) for each in llm],
    )


async def held(flow: str, providers: ProviderSet, scenario: Any) -> tuple[CallReport, TapeLeg]:
    """Hold a call that leaves nothing behind."""
    before = sorted(running_tasks())
    report, leg = await live_call(flow, for_call(providers), scenario)
    await asyncio.sleep(0.05)
    assert sorted(running_tasks()) == before
    assert all(member.provider.live == 0 for member in providers.stt if isinstance(member.provider, FakeStt))
    return report, leg


def said_once(report: CallReport, leg: TapeLeg) -> None:
    """Every line is said by the bot once, in captions and in the report."""
    lines = [turn.bot for turn in report.turns if turn.bot]
    assert len(set(lines)) == len(lines), lines
    captions = leg.captions("assistant")
    assert len(set(captions)) == len(captions), captions


# --- listening --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "model"),
    [
        *((kind, "nova-3") for kind in Kind),
        *((kind, "flux-general-en") for kind in (Kind.STALL, Kind.HALF_OPEN, Kind.CUT)),
    ],
)
async def test_a_recogniser_fails_while_the_caller_speaks(kind: Kind, model: str) -> None:
    async def scenario(call: LiveCall) -> None:
        await call.until_listening()
        await call.speak(0.5)
        server.later = Fault(kind, 0)  # those that connect anew meet it too
        server.now = Fault(Kind.CUT if kind in (Kind.UNAUTHORIZED, Kind.RATE_LIMITED) else kind, 0)
        await call.speak(0.8)
        await call.listen(4.0)

    async with DeepgramListenServer([NAME]).running() as server:
        stt = DeepgramStt(api_key=KEY, base_url=server.url.replace("ws", "http"), model=model)
        report, leg = await held(FLOW, members(stt=[stt]), scenario)
        await server.freed()
    assert report.variables["full_name"] == "Ada Lovelace"
    assert report.completed
    said_once(report, leg)
    gap_ms = report.turns[1].gap_ms
    assert gap_ms is not None
    assert gap_ms / 1000 < BEARABLE_S + MACHINE_S
    if kind not in (Kind.SLOW_CLOSE, Kind.DRIBBLE):
        assert {incident.kind for incident in report.incidents} == {"stt"}


async def test_the_only_recogniser_is_connected_to_again_and_hears_the_whole_turn() -> None:
    async def scenario(call: LiveCall) -> None:
        await call.until_listening()
        await call.speak(0.8)
        server.now = Fault(Kind.CUT, 0)
        await call.speak(0.3)
        server.now = None
        await call.speak(0.3)
        await call.listen(4.0)

    async with DeepgramListenServer([NAME]).running() as server:
        stt = DeepgramStt(api_key=KEY, base_url=server.url.replace("ws", "http"))
        alone = ProviderSet([Member(stt, STT_PATIENCE)], [Member(FakeTts(), TTS_PATIENCE)])
        report, _ = await held(FLOW, alone, scenario)
    assert report.variables["full_name"] == "Ada Lovelace"
    assert {incident.remedy for incident in report.incidents} == {"reconnected"}


# --- speaking ---------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def voice_of(vendor: str) -> AsyncIterator[tuple[HttpVendor, TextToSpeech]]:
    if vendor == "deepgram":
        async with DeepgramSpeakServer().running() as speak:
            tts: TextToSpeech = DeepgramTts(api_key=KEY, base_url=speak.url)
            yield speak, tts
            await tts.aclose()
    else:
        async with OpenAiServer().running() as openai:
            tts = OpenAiTts(api_key=KEY, base_url=openai.base_url)
            yield openai, tts
            await tts.aclose()


@pytest.mark.parametrize(
    ("kind", "after", "vendor"),
    [
        *((kind, after, "deepgram") for kind in Kind for after in (0, 1)),
        *((kind, 1, "openai") for kind in (Kind.STALL, Kind.GARBAGE, Kind.SLOW_CLOSE)),
    ],
)
async def test_a_voice_fails_before_or_in_a_sentence(kind: Kind, after: int, vendor: str) -> None:
    answered_s: list[float] = []

    async def scenario(call: LiveCall) -> None:
        await call.until_listening()
        server.later = Fault(kind, after)
        await call.speak(1.3)
        await call.until_listening()
        answered_s.append(call.answered_after_s())

    async with voice_of(vendor) as (server, tts):
        report, leg = await held(FLOW, members(tts=[tts]), scenario)
        await server.freed()
        asked = [request for request in server.requests if b"goodbye" in request.body]
    assert report.completed
    said_once(report, leg)
    assert len(asked) <= 2, "once for an answer begun early that came to nothing, and once for the answer"
    gap_ms = report.turns[1].gap_ms
    assert gap_ms is not None
    assert gap_ms / 1000 < BEARABLE_S + MACHINE_S


# --- thinking ---------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def model_of(vendor: str) -> AsyncIterator[tuple[HttpVendor, LanguageModel]]:
    if vendor == "openai":
        async with OpenAiServer().running() as openai:
            llm: LanguageModel = OpenAiLlm(api_key=KEY, base_url=openai.base_url, model="gpt-test")
            yield openai, llm
            await llm.aclose()
    else:
        async with AnthropicServer().running() as anthropic:
            llm = AnthropicLlm(api_key=KEY, base_url=anthropic.url, model="claude-test")
            yield anthropic, llm
            await llm.aclose()


@pytest.mark.parametrize(
    ("kind", "after", "vendor"),
    [
        *((kind, after, "openai") for kind in Kind for after in (0, 3)),
        *((kind, 2, "anthropic") for kind in (Kind.STALL, Kind.CUT, Kind.GARBAGE, Kind.SLOW_CLOSE)),
    ],
)
async def test_a_model_fails_before_or_in_an_answer_that_calls_a_tool(kind: Kind, after: int, vendor: str) -> None:
    async def scenario(call: LiveCall) -> None:
        await call.until_listening()
        server.later = Fault(kind, after)
        await call.speak(1.3)
        await call.listen(6.0)

    async with model_of(vendor) as (server, llm):
        stand_in = FakeLlm([[ToolCall("c1", "save", {"city": "Oslo"})]])
        report, leg = await held(ASKED_FLOW, members(llm=[llm, stand_in]), scenario)
        await server.freed()
    saved = [frame for _, frame in leg.of(Screen) if isinstance(frame.action, VariableSet)]
    assert len(saved) <= 1, "the tool ran twice"
    if kind is Kind.STALL and after == 0:
        assert report.turns[1].reasons == ("llm provider.late hedged",)
    if kind is Kind.RATE_LIMITED:
        assert {incident.retry_after_s for incident in report.incidents} == {RETRY_AFTER_S}
    said_once(report, leg)
    assert report.turns[1].bot
    gap_ms = report.turns[1].gap_ms
    assert gap_ms is not None
    assert gap_ms / 1000 < BEARABLE_S + MACHINE_S
