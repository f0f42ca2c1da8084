"""No key shows up in a log of any level, an error, a traceback, an address or a representation."""

import asyncio
import logging
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from kit.errors import ProviderError
from pipeline.ports import LlmOptions, Message
from providers.anthropic.llm import AnthropicLlm
from providers.deepgram.stt import DeepgramStt
from providers.deepgram.tts import DeepgramTts
from providers.openai.llm import OpenAiLlm
from providers.openai.stt import OpenAiStt
from providers.openai.tts import OpenAiTts
from server.provider_choice import Access, Choice, parse_picks
from tests.support.vendors.anthropic import AnthropicServer
from tests.support.vendors.deepgram import DeepgramSpeakServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import OpenAiServer

WRONG = "sk-wrong-0c77"
ASK = (Message("user", "hi"),)


@asynccontextmanager
async def vendor(name: str) -> AsyncIterator[tuple[Any, str]]:
    servers: dict[str, Any] = {"openai": OpenAiServer, "anthropic": AnthropicServer, "deepgram": DeepgramSpeakServer}
    async with servers.get(name, DeepgramListenServer)().running() as server:
        yield server, f"{server.url}/v1" if name == "openai" else server.url.replace("ws://", "http://")


async def use(kind: str, name: str, key: str, url: str) -> None:
    """Ask one provider for something."""
    access: dict[str, Any] = {"api_key": key, "base_url": url}
    if kind == "llm":
        llm: Any = OpenAiLlm(model="m", **access) if name == "openai" else AnthropicLlm(model="m", **access)
        try:
            async for _ in llm.stream(ASK, (), LlmOptions()):
                pass
        finally:
            await llm.aclose()
    elif kind == "tts":
        tts: Any = OpenAiTts(**access) if name == "openai" else DeepgramTts(**access)
        try:
            async for _ in tts.stream("Hello."):
                pass
        finally:
            await tts.aclose()
    else:
        stt: Any = OpenAiStt(**access) if name == "openai" else DeepgramStt(**access)
        stream = await stt.open("en")
        try:
            stream.begin()
            stream.feed(b"\1\0" * 3200)
            await asyncio.wait_for(stream.finalize(), 5)
        finally:
            await stream.aclose()
            await stt.aclose()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("llm", "openai"),
        ("llm", "anthropic"),
        ("tts", "openai"),
        ("tts", "deepgram"),
        ("stt", "openai"),
        ("stt", "deepgram-listen"),
    ],
)
async def test_a_key_is_nowhere_but_in_its_header(kind: str, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for each in ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2", "websockets", "deepgram"):
        logging.getLogger(each).setLevel(logging.DEBUG)
    async with vendor(name) as (server, url):
        await use(kind, name, KEY, url)
        with pytest.raises(ProviderError) as caught:
            await use(kind, name, WRONG, url)
        addresses = repr([(request.path, request.query) for request in getattr(server, "requests", ())])
        addresses += repr(getattr(server, "handshakes", ""))
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value))
    assert caught.value.code == "provider.key"
    for secret in (KEY, WRONG):
        assert secret not in caplog.text
        assert secret not in shown
        assert secret not in addresses


def test_a_choice_does_not_show_its_keys() -> None:
    choice = Choice(parse_picks("stt", "deepgram"), access={"deepgram": Access(SecretStr(KEY))})
    assert KEY not in f"{choice!r} {choice}"


def test_a_server_that_uses_no_vendor_imports_none() -> None:
    program = "import server.wiring, sys; print([m for m in ('openai', 'anthropic', 'deepgram') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
