"""Whole calls with an account's own keys, by each vendor that an account can name, against the vendor's own server.

The servers serve nobody but who shows the key, so an answer from one is the proof that it arrived.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from typing import Any

import pytest

from control_api.providers.service import KNOWN, OURS, Wanted
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.resilience.for_call import for_call
from server.account_choice import layered
from server.provider_choice import Access, Choice, parse_picks
from server.provider_registry import ProviderRegistry
from tests.e2e.vendors.test_faults import ASKED_FLOW, NAME
from tests.support.live_call import LiveCall, live_call
from tests.support.vendors.anthropic import AnthropicServer
from tests.support.vendors.assembly_ai import AssemblyAiServer
from tests.support.vendors.cartesia import CartesiaServer
from tests.support.vendors.deepgram import DeepgramSpeakServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
from tests.support.vendors.elevenlabs import ElevenLabsServer
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import OpenAiServer
from tests.support.vendors.soniox import SonioxServer


def _of(kind: str) -> list[str]:
    return [name for name in KNOWN[kind] if name != OURS]


CALLS = list(zip(cycle(_of("stt")), cycle(_of("tts")), _of("llm"), strict=False))


@asynccontextmanager
async def vendor(kind: str, name: str) -> AsyncIterator[str]:
    """Run the vendor's server; return its address."""
    match kind, name:
        case _, "cartesia":
            server: Any = CartesiaServer([NAME])
        case _, "assembly_ai":
            server = AssemblyAiServer([NAME])
        case _, "soniox":
            server = SonioxServer([NAME])
        case "stt", "deepgram":
            server = DeepgramListenServer([NAME])
        case "tts", "deepgram":
            server = DeepgramSpeakServer()
        case _, "elevenlabs":
            server = ElevenLabsServer()
        case _, "anthropic":
            server = AnthropicServer()
        case _:
            server = OpenAiServer()
            server.transcript = NAME
    async with server.running():
        http = server.url.replace("ws://", "http://")
        yield f"{http}/v1" if isinstance(server, OpenAiServer) else http


@pytest.mark.parametrize(("stt", "tts", "llm"), CALLS)
async def test_a_call_is_had_with_the_accounts_own_keys(stt: str, tts: str, llm: str) -> None:
    async def scenario(call: LiveCall) -> None:
        await call.until_listening()
        await call.speak(1.0)
        await call.listen(4.0)

    wishes = {"stt": Wanted(stt, KEY), "tts": Wanted(tts, KEY), "llm": Wanted(llm, KEY, "gpt-test")}
    async with AsyncExitStack() as stack:
        access = {
            f"{kind}.{wish.provider}": Access(None, await stack.enter_async_context(vendor(kind, wish.provider)))
            for kind, wish in wishes.items()
        }
        server = Choice(parse_picks("stt", "embedded"), parse_picks("tts", "embedded"), language="en", access=access)
        registry = ProviderRegistry(FakeStt([]), FakeTts())
        members = registry.members(layered(server, wishes))
        expected = [each[0].provider.provider for each in (members.stt, members.tts, members.llm)]
        report, _ = await live_call(ASKED_FLOW, for_call(members), scenario)
        await registry.aclose()
    assert report.completed
    assert report.incidents == ()
    assert report.variables["city"] == "Oslo"
    assert sorted(use.provider for use in report.usage) == sorted(expected)
