"""Asks vendors about what accounts want of them, so that no call finds a bad key, model, voice or language."""

import asyncio
from typing import cast

from control_api.providers.service import OURS, Wanted
from kit.errors import ConfigError, InputError, ProviderError
from pipeline.usage import Kind
from providers.embedded.hibari import HibariTts
from providers.embedded.stt import EmbeddedStt
from server.account_choice import layered, pick_of
from server.doctor_providers import ask
from server.provider_choice import Choice
from server.provider_registry import ProviderRegistry

_LIMIT_S = 6.0
_AT_ONCE = 4  # who sends keys in a loop keeps nobody else's from being looked at for long


class VendorKeyCheck:
    """`control_api.providers.service.KeyCheck`: one word's work, as a call would ask for it."""

    def __init__(self, server: Choice) -> None:
        """Reach vendors at the addresses of `server`."""
        self._server = server
        self._few = asyncio.Semaphore(_AT_ONCE)

    async def refusal(self, kind: str, wanted: Wanted) -> InputError | None:
        """See the port."""
        if wanted.provider == OURS:
            return _ours(kind, wanted)
        pick = pick_of(cast("Kind", kind), wanted)
        choice = layered(self._server, {kind: wanted})
        if choice.access_of(pick).key is None:
            text = f"{kind}_model, {kind}_voice and language need a {kind}_api_key of {wanted.provider} first."
            return InputError(text, code="provider.no_key")
        registry = ProviderRegistry()
        try:
            async with asyncio.timeout(_LIMIT_S), self._few:
                member = await asyncio.to_thread(registry.member, pick, choice)
                await ask(pick, member.provider, choice.language)
        except ProviderError as error:
            return _refusal(kind, wanted, error)
        except ConfigError as error:
            return InputError(f"{wanted.provider} cannot be called so: {error}.", code="provider.refused_choice")
        except TimeoutError:
            return None
        finally:
            await registry.aclose()
        return None


def _refusal(kind: str, wanted: Wanted, error: ProviderError) -> InputError | None:
    if error.code == "provider.key":
        return InputError(
            f"{wanted.provider} refuses {kind}_api_key; copy it again from your account there, or make a new one.",
            code="provider.key_refused",
        )
    if error.retryable:
        return None
    said = {f"{kind}_model": wanted.model, f"{kind}_voice": wanted.voice, "language": wanted.language}
    named = ", ".join(f"{name} '{value}'" for name, value in said.items() if value) or "what it usually does"
    return InputError(
        f"{wanted.provider} refuses {named}; take a model, voice and language that it lists.",
        code="provider.refused_choice",
    )


def _ours(kind: str, wanted: Wanted) -> InputError | None:
    if wanted.model or wanted.voice:
        text = f"embedded has one model and voice for {kind}; leave {kind}_model and {kind}_voice empty."
        return InputError(text, code="provider.refused_choice")
    known = {"stt": EmbeddedStt.capabilities.languages, "tts": HibariTts.capabilities.languages}.get(kind, ())
    if wanted.language and known and wanted.language.split("-")[0].lower() not in known:
        text = f"embedded has no language '{wanted.language}', only {', '.join(known)}; choose another stt_provider."
        return InputError(text, code="provider.refused_choice")
    return None
