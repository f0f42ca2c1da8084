"""Asks vendors about keys that accounts bring, so that no call finds a bad one."""

import asyncio
from typing import cast

from control_api.providers.service import OwnKey
from kit.errors import ConfigError, ProviderError
from pipeline.usage import Kind
from server.account_choice import OPENROUTER_URL, PICKS, layered
from server.doctor_providers import ask
from server.provider_choice import Choice
from server.provider_registry import ProviderRegistry

_LIMIT_S = 6.0
_AT_ONCE = 4  # who sends keys in a loop keeps nobody else's from being looked at for long


class VendorKeyCheck:
    """`control_api.providers.service.KeyCheck`: one word's work with the key, as a call would ask for it."""

    def __init__(self, server: Choice, openrouter_url: str = OPENROUTER_URL) -> None:
        """Reach vendors at the addresses of `server`."""
        self._server, self._openrouter_url = server, openrouter_url
        self._few = asyncio.Semaphore(_AT_ONCE)

    async def refuses(self, kind: str, provider: str, key: str) -> bool:
        """See the port."""
        pick = PICKS[cast("Kind", kind), provider]
        choice = layered(self._server, {kind: OwnKey(provider, key)}, self._openrouter_url)
        registry = ProviderRegistry()
        try:
            async with asyncio.timeout(_LIMIT_S), self._few:
                await ask(pick, registry.member(pick, choice).provider, choice.language)
        except ProviderError as error:
            return error.code == "provider.key"
        except (ConfigError, TimeoutError):
            return False
        finally:
            await registry.aclose()
        return False
