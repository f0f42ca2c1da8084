"""`antiphon doctor --providers` against the vendors' servers."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import pytest

from server.doctor import Diagnosis
from server.doctor_providers import examine_providers
from server.settings import load_settings
from tests.support.vendors import cartesia
from tests.support.vendors.anthropic import AnthropicServer
from tests.support.vendors.assembly_ai import AssemblyAiServer
from tests.support.vendors.cartesia import CartesiaServer
from tests.support.vendors.deepgram import DeepgramSpeakServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
from tests.support.vendors.elevenlabs import ElevenLabsServer
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import OpenAiServer
from tests.support.vendors.soniox import SonioxServer


@contextmanager
def vendors() -> Iterator[dict[str, str]]:
    """Run all vendors in a thread of their own, since the doctor runs its own loop."""
    addresses: dict[str, str] = {}
    ready, loops = threading.Event(), list[Any]()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            openai = await stack.enter_async_context(OpenAiServer().running())
            anthropic = await stack.enter_async_context(AnthropicServer().running())
            speak = await stack.enter_async_context(DeepgramSpeakServer().running())
            listen = await stack.enter_async_context(DeepgramListenServer().running())
            addresses.update(openai=openai.base_url, anthropic=anthropic.url, speak=speak.url)
            addresses["listen"] = listen.url.replace("ws", "http")
            hosted = await stack.enter_async_context(CartesiaServer().running())
            others: dict[str, Any] = {
                "elevenlabs": ElevenLabsServer(),
                "assembly_ai": AssemblyAiServer(),
                "soniox": SonioxServer(),
            }
            for name, server in others.items():
                addresses[name] = (await stack.enter_async_context(server.running())).url
            addresses["cartesia"] = hosted.url
            over = asyncio.Event()
            loops.extend([asyncio.get_running_loop(), over])
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(5)
        yield addresses
    finally:
        loop, over = loops
        loop.call_soon_threadsafe(over.set)
        thread.join()


def _examine(**settings: Any) -> list[Diagnosis]:
    return list(examine_providers(load_settings(**{"local_llm": False, **settings})))


def test_good_keys_answer() -> None:
    with vendors() as at:
        found = _examine(
            stt="openai:whisper-test, embedded",
            tts="openai:tts-test:alloy",
            llm="anthropic:claude-test, openai:gpt-test",
            openai_api_key=KEY,
            openai_base_url=at["openai"],
            anthropic_api_key=KEY,
            anthropic_base_url=at["anthropic"],
        )
        found += _examine(stt="deepgram:nova-3", deepgram_api_key=KEY, deepgram_base_url=at["listen"])
        found += _examine(tts="deepgram", deepgram_api_key=KEY, deepgram_base_url=at["speak"])
    assert [each.detail for each in found if each.problem] == []
    assert len(found) == 9


@pytest.mark.parametrize(
    ("settings", "fix"),
    [
        ({"tts": "deepgram", "deepgram_api_key": "dg-secret-bad"}, "Set DEEPGRAM_API_KEY."),
        ({"tts": "deepgram"}, "Set DEEPGRAM_API_KEY."),
        ({"tts": "deepgram:aura-2-nobody-en", "deepgram_api_key": KEY}, "names a model, voice and language"),
        ({"tts": "nobody"}, "Mend STT, TTS or LLM"),
    ],
)
def test_what_is_wrong_is_named_with_its_fix(settings: dict[str, str], fix: str) -> None:
    with vendors() as at:
        found = _examine(deepgram_base_url=at["speak"], **settings)
    (problem,) = [each for each in found if each.problem]
    assert fix in problem.fix
    assert "secret" not in f"{problem.detail}{problem.fix}"


def test_a_wrong_key_to_the_socket_is_named() -> None:
    with vendors() as at:
        found = _examine(stt="deepgram:nova-3", deepgram_api_key="dg-secret-bad", deepgram_base_url=at["listen"])
    assert [each.fix for each in found if each.problem] == ["Set DEEPGRAM_API_KEY."]


VOICE = "pipecat:pipecat.services.cartesia.tts.CartesiaTTSService"
EARS = "pipecat:pipecat.services.cartesia.stt.CartesiaSTTService"


def _hosted(at: dict[str, str], path: str, key: str = KEY, **settings: Any) -> list[Diagnosis]:
    base_url = f"{at['cartesia']}{path}"
    return _examine(pipecat_keys={"cartesia": key}, pipecat_base_urls={"cartesia": base_url}, **settings)


def test_hosted_services_answer() -> None:
    with vendors() as at:
        found = _hosted(at, "/tts/websocket", tts=f"{VOICE}?voice={cartesia.VOICE}")
        found += _hosted(at, "", stt=EARS)
    assert [each.detail for each in found if each.problem] == []


@pytest.mark.parametrize(
    ("settings", "key", "said", "fix"),
    [
        ({"tts": f"{VOICE}?voice={cartesia.VOICE}"}, "ca-secret-bad", "refuses the key", "Set PIPECAT_KEYS"),
        ({"tts": f"{VOICE}?voice=nobody"}, KEY, "pipecat.cartesia", "names a model, voice and language"),
        ({"tts": f"{VOICE}?voise=x"}, KEY, "knows no voise", "Mend TTS"),
        ({"tts": "pipecat:pipecat.services.cartesia.tts.Nobody"}, KEY, "has no", "Mend TTS"),
        ({"tts": "pipecat:nonsense"}, KEY, "no service of pipecat", "Mend STT, TTS or LLM"),
        ({"stt": EARS}, "ca-secret-bad", "refuses the key", "Set PIPECAT_KEYS"),
        ({"stt": "pipecat:pipecat.services.azure.stt.AzureSTTService"}, KEY, "pipecat-ai[azure]", "Mend STT"),
    ],
)
def test_what_is_wrong_with_a_hosted_service_is_named(settings: Any, key: str, said: str, fix: str) -> None:
    with vendors() as at:
        found = _hosted(at, "/tts/websocket" if "tts" in settings else "", key, **settings)
    (problem,) = [each for each in found if each.problem]
    assert said in problem.detail
    assert fix in problem.fix
    assert "secret" not in f"{problem.detail}{problem.fix}"
