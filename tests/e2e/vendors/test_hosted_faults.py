"""Vendors of hosted services fail in mid-turn: speech goes on, nothing is said or done twice, nothing is left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from flows.actions import VariableSet
from pipeline.frames.control import Screen
from pipeline.ports import ToolCall
from pipeline.report import CallReport
from providers.fake.llm import FakeLlm
from providers.pipecat_host.entry import hosted
from providers.resilience.for_call import ProviderSet, for_call
from providers.trimmed import TrimmedTts
from tests.e2e.vendors.test_vendor_faults import ASKED_FLOW, BEARABLE_S, FLOW, MACHINE_S, NAME, members, said_once
from tests.support.call_lab import TapeLeg
from tests.support.live_call import LiveCall, live_call
from tests.support.provider_contract import running_tasks
from tests.support.vendors import cartesia, elevenlabs
from tests.support.vendors.azure import AzureServer
from tests.support.vendors.cartesia import CartesiaServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
from tests.support.vendors.elevenlabs import ElevenLabsServer
from tests.support.vendors.faults import Fault, Kind
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import OpenAiServer

SERVICES = "pipecat.services"
_REFUSED = (Kind.UNAUTHORIZED, Kind.RATE_LIMITED)


async def held(
    flow: str, providers: ProviderSet, kept: Any, scenario: Callable[[LiveCall], Awaitable[None]]
) -> tuple[CallReport, TapeLeg]:
    """Hold a call that leaves nothing behind but what is kept for the next one, which is then closed."""
    await asyncio.sleep(0.01)  # SDKs close in a task what was only made to look at its settings
    before = sorted(running_tasks())
    report, leg = await live_call(flow, for_call(providers), scenario)
    await kept.aclose()
    await asyncio.sleep(0.05)
    assert sorted(running_tasks()) == before
    return report, leg


def soon_enough(report: CallReport) -> None:
    gap_ms = report.turns[1].gap_ms
    assert gap_ms is not None
    assert gap_ms / 1000 < BEARABLE_S + MACHINE_S


# --- listening --------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def ears_of(vendor: str) -> AsyncIterator[tuple[Any, Any]]:
    if vendor == "cartesia":
        async with CartesiaServer([NAME]).running() as cartesia_server:
            yield (
                cartesia_server,
                hosted("stt", f"{SERVICES}.cartesia.stt.CartesiaSTTService", KEY, cartesia_server.url),
            )
    else:
        async with DeepgramListenServer([NAME]).running() as deepgram:
            yield deepgram, hosted("stt", f"{SERVICES}.deepgram.stt.DeepgramSTTService", KEY, deepgram.url)


@pytest.mark.parametrize(
    ("kind", "vendor"),
    [
        *((kind, "cartesia") for kind in Kind),
        *((kind, "deepgram") for kind in (Kind.STALL, Kind.HALF_OPEN, Kind.CUT, Kind.UNAUTHORIZED)),
    ],
)
async def test_a_recogniser_fails_while_the_caller_speaks(kind: Kind, vendor: str) -> None:
    async def scenario(call: LiveCall) -> None:
        await call.until_listening()
        await call.speak(0.5)
        server.later = Fault(kind, 0)  # those that connect anew meet it too
        server.now = Fault(Kind.CUT if kind in _REFUSED else kind, 0)
        await call.speak(0.8)
        await call.listen(4.0)

    async with ears_of(vendor) as (server, stt):
        report, leg = await held(FLOW, members(stt=[stt]), stt, scenario)
        await server.freed()
    assert report.variables["full_name"] == "Ada Lovelace"
    assert report.completed
    said_once(report, leg)
    soon_enough(report)


async def test_the_only_recogniser_is_opened_again_and_hears_the_whole_turn() -> None:
    async def scenario(call: LiveCall) -> None:
        await call.until_listening()
        await call.speak(0.8)
        server.now = Fault(Kind.CUT, 0)
        await call.speak(0.3)
        server.now = None
        await call.speak(0.3)
        await call.listen(4.0)

    async with ears_of("cartesia") as (server, stt):
        alone = members(stt=[stt])
        report, _ = await held(FLOW, ProviderSet(alone.stt[:1], alone.tts), stt, scenario)
    assert report.variables["full_name"] == "Ada Lovelace"
    assert {incident.remedy for incident in report.incidents} == {"reconnected"}


# --- speaking ---------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def voice_of(vendor: str) -> AsyncIterator[tuple[Any, Any]]:
    if vendor == "cartesia":
        async with CartesiaServer().running() as cartesia_server:
            picked = f"{SERVICES}.cartesia.tts.CartesiaTTSService?voice={cartesia.VOICE}"
            yield cartesia_server, hosted("tts", picked, KEY, f"{cartesia_server.url}/tts/websocket")
    elif vendor == "elevenlabs":
        async with ElevenLabsServer().running() as eleven:
            picked = f"{SERVICES}.elevenlabs.tts.ElevenLabsTTSService?voice={elevenlabs.VOICE}"
            yield eleven, hosted("tts", picked, KEY, eleven.url)
    else:
        async with OpenAiServer().running() as openai:
            picked = f"{SERVICES}.openai.tts.OpenAITTSService?voice=alloy"
            yield openai, hosted("tts", picked, KEY, openai.base_url)


def spoken_texts(server: Any) -> list[str]:
    """Return what the vendor was asked to speak."""
    if isinstance(server, OpenAiServer):
        return [request.json["input"] for request in server.requests if request.path.endswith("speech")]
    return list(server.asked)


@pytest.mark.parametrize(
    ("kind", "after", "vendor"),
    [
        *((kind, after, "cartesia") for kind in Kind for after in (0, 2)),
        *((kind, 1, "elevenlabs") for kind in (Kind.STALL, Kind.HALF_OPEN, Kind.CUT, Kind.GARBAGE)),
        *((kind, 1, "openai") for kind in (Kind.STALL, Kind.RATE_LIMITED, Kind.SLOW_CLOSE)),
    ],
)
async def test_a_voice_fails_before_or_in_a_sentence(kind: Kind, after: int, vendor: str) -> None:
    async def scenario(call: LiveCall) -> None:
        await call.until_listening()
        server.later = Fault(kind, after)
        if vendor != "openai":  # whose requests each meet the fault; the others have a socket already
            server.now = Fault(Kind.CUT if kind in _REFUSED else kind, after)
        await call.speak(1.3)
        await call.until_listening()

    async with voice_of(vendor) as (server, tts):
        report, leg = await held(FLOW, members(tts=[TrimmedTts(tts)]), tts, scenario)
        await server.freed()
        asked = [text for text in spoken_texts(server) if "goodbye" in text]
    assert report.completed
    said_once(report, leg)
    assert len(asked) <= 3, "for answers begun early that came to nothing, and once for the answer"
    soon_enough(report)


# --- thinking ---------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def model_of(vendor: str) -> AsyncIterator[tuple[OpenAiServer, Any]]:
    if vendor == "azure":
        async with AzureServer().running() as azure:
            picked = f"{SERVICES}.azure.llm.AzureLLMService?model=gpt-test"
            yield azure, hosted("llm", picked, KEY, azure.endpoint)
    else:
        async with OpenAiServer().running() as openai:
            picked = f"{SERVICES}.openai.llm.OpenAILLMService?model=gpt-test"
            yield openai, hosted("llm", picked, KEY, openai.base_url)


@pytest.mark.parametrize(
    ("kind", "after", "vendor"),
    [
        *((kind, after, "openai") for kind in Kind for after in (0, 3)),
        *((kind, 2, "azure") for kind in (Kind.STALL, Kind.CUT, Kind.GARBAGE, Kind.UNAUTHORIZED)),
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
        report, leg = await held(ASKED_FLOW, members(llm=[llm, stand_in]), llm, scenario)
        await server.freed()
    saved = [frame for _, frame in leg.of(Screen) if isinstance(frame.action, VariableSet)]
    assert len(saved) <= 1, "the tool ran twice"
    said_once(report, leg)
    assert report.turns[1].bot
    soon_enough(report)
