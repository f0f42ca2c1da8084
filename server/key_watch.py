"""Asks vendors outside of calls whether they take the server's keys, so that no call begins with one they refuse."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import structlog

from kit.errors import ConfigError, ProviderError
from pipeline.usage import Kind
from server.doctor_providers import ask
from server.provider_choice import Access, Choice, Named, Pick
from server.provider_registry import ProviderRegistry
from server.vendors import VENDORS, key_setting

_LIMIT_S = 6.0
_AGAIN_S = 60.0
_KINDS: tuple[Kind, ...] = ("llm", "stt", "tts")  # the first costs nothing: see `_NO_MODEL`
_NO_MODEL = "none"  # a vendor looks at the key before it looks for the model

log = structlog.get_logger(__name__)


class KeyWatch:
    """Knows which of the server's keys are refused; asks about those each minute, for they may be mended there."""

    def __init__(self, server: Choice) -> None:
        """Watch the keys of `server`."""
        self._server = server
        self._refused: dict[str, Access] = {}

    async def start(self) -> None:
        """Ask about all keys; takes six seconds at most."""
        await self.look([name for name, access in self._server.access.items() if access.key is not None])

    async def run(self) -> None:
        """Ask again about those that were refused, as long as there are any."""
        while self._refused:
            await asyncio.sleep(_AGAIN_S)
            await self.look([*self._refused])

    async def look(self, names: Iterable[str]) -> None:
        """Ask the vendors of these names."""
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(self._ask(name))

    def usable(self, choice: Choice, named: Named) -> Choice:
        """Return a choice without those whose key is refused.

        Raises:
            ConfigError: A flow names one of them, or nobody is left.
        """
        for pick in (*(Pick("tts", vendor) for vendor in named.voices), *named.stt.values(), *named.llm.values()):
            if self._is_refused(pick, choice):
                raise _refusal(pick)
        return replace(
            choice,
            stt=self._rest(choice.stt, choice),
            tts=self._rest(choice.tts, choice),
            llm=self._rest(choice.llm, choice),
        )

    def _rest(self, picks: Iterable[Pick], choice: Choice) -> tuple[Pick, ...]:
        there = tuple(picks)
        rest = tuple(pick for pick in there if not self._is_refused(pick, choice))
        if there and not rest:
            raise _refusal(there[0])
        return rest

    def _is_refused(self, pick: Pick, choice: Choice) -> bool:
        refused = self._refused.get(pick.access_name)
        return refused is not None and choice.access_of(pick) == refused

    async def _ask(self, name: str) -> None:
        pick = self._question(name)
        if pick is None:
            return
        registry = ProviderRegistry()
        try:
            async with asyncio.timeout(_LIMIT_S):
                member = await asyncio.to_thread(registry.member, pick, self._server)
                await ask(pick, member.provider, self._server.language)
        except ProviderError as error:
            if error.code == "provider.key":
                if name not in self._refused:
                    log.error("provider_key_refused", provider=name, fix=f"set {key_setting(name)}")  # noqa: TRY400  no bug
                self._refused[name] = self._server.access[name]
                return
        except (ConfigError, TimeoutError):
            pass  # who cannot be asked now may be there when a call comes
        finally:
            await registry.aclose()
        self._refused.pop(name, None)

    def _question(self, name: str) -> Pick | None:
        """Return what is asked with a key: the cheapest thing that its vendor does."""
        for kind in _KINDS:
            if name in VENDORS[kind]:
                return Pick(kind, name, _NO_MODEL if kind == "llm" else "")
        return next((pick for pick in self._server.picks() if pick.access_name == name), None)


def _refusal(pick: Pick) -> ConfigError:
    text = f"{pick.kind}: {pick.vendor} refuses this server's key; its operator must set {key_setting(pick.vendor)}"
    return ConfigError(text, code="config.provider_key")
