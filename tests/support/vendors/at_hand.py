"""Every provider beside the local server of its vendor, by name: what suites walk over."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.usage import Kind as Work
from providers.anthropic.llm import AnthropicLlm
from providers.deepgram.stt import DeepgramStt
from providers.deepgram.tts import DeepgramTts
from providers.openai.llm import OpenAiLlm
from providers.openai.stt import OpenAiStt
from providers.openai.tts import OpenAiTts
from providers.pipecat_host.entry import hosted
from tests.support.vendors import cartesia, deepgram, elevenlabs
from tests.support.vendors.anthropic import AnthropicServer
from tests.support.vendors.assembly_ai import AssemblyAiServer
from tests.support.vendors.azure import AzureServer
from tests.support.vendors.cartesia import CartesiaServer
from tests.support.vendors.deepgram import DeepgramSpeakServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
from tests.support.vendors.deepgram_speak import DeepgramSpeakSocket
from tests.support.vendors.elevenlabs import ElevenLabsServer
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import OpenAiServer
from tests.support.vendors.soniox import SonioxServer


@dataclass(frozen=True, slots=True)
class AtHand:
    """One provider.

    Attributes:
        server: Makes the vendor's server; a recogniser's takes what is heard.
        provider: Makes the provider that calls it.
        hosted: It is a service of pipecat's.
    """

    server: Callable[..., Any]
    provider: Callable[[Any], Any]
    hosted: bool = False


def _hosted(server: Callable[..., Any], work: Work, picked: str, path: str = "") -> AtHand:
    def make(at: Any) -> Any:
        return hosted(work, f"pipecat.services.{picked}", KEY, f"{at.url}{path}")

    return AtHand(server, make, hosted=True)


def _listening(model: str) -> Callable[[Any], DeepgramStt]:
    return lambda at: DeepgramStt(api_key=KEY, base_url=at.url.replace("ws", "http"), model=model)


def _hears(*script: str) -> OpenAiServer:
    server = OpenAiServer()
    server.transcript = script[0]
    return server


PROVIDERS: Mapping[Work, Mapping[str, AtHand]] = {
    "stt": {
        "nova": AtHand(lambda *script: DeepgramListenServer(script), _listening("nova-3")),
        "flux": AtHand(lambda *script: DeepgramListenServer(script), _listening("flux-general-en")),
        "openai": AtHand(_hears, lambda at: OpenAiStt(api_key=KEY, base_url=at.base_url, model="whisper-test")),
        "hosted cartesia": _hosted(lambda *script: CartesiaServer(script), "stt", "cartesia.stt.CartesiaSTTService"),
        "hosted deepgram": _hosted(
            lambda *script: DeepgramListenServer(script), "stt", "deepgram.stt.DeepgramSTTService"
        ),
        "hosted assembly_ai": _hosted(
            lambda *script: AssemblyAiServer(script), "stt", "assemblyai.stt.AssemblyAISTTService", "/v3/ws"
        ),
        "hosted soniox": _hosted(
            lambda *script: SonioxServer(script), "stt", "soniox.stt.SonioxSTTService", "/transcribe-websocket"
        ),
        "hosted openai": _hosted(_hears, "stt", "openai.stt.OpenAISTTService?model=whisper-test", "/v1"),
    },
    "tts": {
        "aura": AtHand(DeepgramSpeakServer, lambda at: DeepgramTts(api_key=KEY, base_url=at.url)),
        "openai": AtHand(OpenAiServer, lambda at: OpenAiTts(api_key=KEY, base_url=at.base_url)),
        "hosted cartesia": _hosted(
            CartesiaServer, "tts", f"cartesia.tts.CartesiaTTSService?voice={cartesia.VOICE}", "/tts/websocket"
        ),
        "hosted elevenlabs": _hosted(
            ElevenLabsServer, "tts", f"elevenlabs.tts.ElevenLabsTTSService?voice={elevenlabs.VOICE}"
        ),
        "hosted deepgram": _hosted(DeepgramSpeakSocket, "tts", "deepgram.tts.DeepgramTTSService"),
        "hosted deepgram http": _hosted(
            DeepgramSpeakServer, "tts", f"deepgram.tts.DeepgramHttpTTSService?voice={deepgram.VOICE}"
        ),
        "hosted openai": _hosted(OpenAiServer, "tts", "openai.tts.OpenAITTSService?voice=alloy", "/v1"),
    },
    "llm": {
        "openai": AtHand(OpenAiServer, lambda at: OpenAiLlm(api_key=KEY, base_url=at.base_url, model="gpt-test")),
        "anthropic": AtHand(
            AnthropicServer, lambda at: AnthropicLlm(api_key=KEY, base_url=at.url, model="claude-test")
        ),
        "hosted openai": _hosted(OpenAiServer, "llm", "openai.llm.OpenAILLMService?model=gpt-test", "/v1"),
        "hosted azure": _hosted(AzureServer, "llm", "azure.llm.AzureLLMService?model=gpt-test"),
    },
}


@asynccontextmanager
async def running(work: Work, name: str, *script: str) -> AsyncIterator[tuple[Any, Any]]:
    """Run a vendor's server and make its provider, which is closed at the end."""
    each = PROVIDERS[work][name]
    async with each.server(*script).running() as server:
        provider = each.provider(server)
        try:
            yield server, provider
        finally:
            await provider.aclose()
