"""Asks each provider that is set for a word, so that a bad key, model or voice is found before a call finds it."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import numpy as np

from kit.errors import ConfigError, ProviderError
from pipeline.ports import AS_MADE, LanguageModel, LlmOptions, Message, SpeechToText, TextToSpeech
from server.doctor import Diagnosis
from server.provider_choice import Choice, Pick
from server.provider_registry import ProviderRegistry
from server.provider_settings import server_choice
from server.settings import Settings
from server.vendors import key_setting

_LIMIT_S = 15.0


def examine_providers(settings: Settings) -> Iterator[Diagnosis]:
    """Check all that is picked, one after the other."""
    try:
        choice = server_choice(settings)
    except ConfigError as error:
        yield Diagnosis("Providers", str(error), problem=True, fix="Mend STT, TTS or LLM (docs/providers.md).")
        return
    for pick in choice.picks():
        yield asyncio.run(_examine(pick, choice))


async def _examine(pick: Pick, choice: Choice) -> Diagnosis:
    name = f"{pick.kind.upper()} {pick}"
    if pick.served.in_process:
        return Diagnosis(name, "runs in this process")
    registry = ProviderRegistry()
    began_s = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(_LIMIT_S):
            await ask(pick, registry.member(pick, choice).provider, choice.language)
    except ConfigError as error:
        return Diagnosis(name, str(error), problem=True, fix=_config_fix(pick, error.code))
    except ProviderError as error:
        return Diagnosis(name, str(error), problem=True, fix=_fix(pick, error.code))
    except TimeoutError:
        return Diagnosis(name, f"no answer in {_LIMIT_S:.0f} s", problem=True, fix=_fix(pick, "provider.timeout"))
    finally:
        await registry.aclose()
    return Diagnosis(name, f"answers in {(asyncio.get_running_loop().time() - began_s) * 1000:.0f} ms")


async def ask(pick: Pick, provider: Any, language: str) -> None:
    """Have a provider do a word's work.

    Raises:
        ProviderError: What it said against it.
    """
    match pick.kind:
        case "stt":
            await _listen(provider, language)
        case "llm":
            await _answer(provider)
        case "tts":
            await _speak(provider)


async def _listen(stt: SpeechToText, language: str) -> None:
    stream = await stt.open(language, stt.capabilities.rates_hz[0])
    try:
        stream.begin()
        samples = stt.capabilities.rates_hz[0] // 2
        stream.feed(np.random.default_rng(1).integers(-300, 300, samples, np.int16).tobytes())
        await stream.finalize()
    finally:
        await stream.aclose()


async def _answer(llm: LanguageModel) -> None:
    question = (Message("user", "Say hello."),)
    async with aclosing(llm.stream(question, (), LlmOptions(max_tokens=16))) as items:
        async for _ in items:
            return
    raise ProviderError(llm.provider, "said nothing", retryable=False, code="provider.refused")


async def _speak(tts: TextToSpeech) -> None:
    if tts.capabilities.voices and tts.voice not in tts.capabilities.voices:
        known = ", ".join(tts.capabilities.voices)
        raise ProviderError(tts.provider, f"no voice {tts.voice!r}, only {known}", retryable=False)
    async with aclosing(tts.stream("Hello.", AS_MADE)) as items:
        async for _ in items:
            return
    raise ProviderError(tts.provider, "sent no sound", retryable=False, code="provider.refused")


def _key_fix(pick: Pick) -> str:
    if pick.vendor == "pipecat":
        return f'Set PIPECAT_KEYS={{"{pick.access_name.removeprefix("pipecat.")}": "…"}}.'
    return f"Set {key_setting(pick.vendor)}."


def _config_fix(pick: Pick, code: str) -> str:
    if pick.vendor != "pipecat" or code == "config.provider_key":
        return _key_fix(pick)
    return f"Mend {pick.kind.upper()} (docs/providers.md, pipecat)."


def _fix(pick: Pick, code: str) -> str:
    match code:
        case "provider.key":
            return _key_fix(pick)
        case "provider.rate_limited":
            return "Wait, or ask the vendor for a higher limit."
        case "provider.timeout" | "provider.stalled":
            return "See whether the vendor can be reached from here."
        case _:
            return f"See whether {pick.kind.upper()} names a model, voice and language that the vendor has."
