"""Asks vendors outside of calls whether they do what calls will want of them, so that none finds out in mid-call."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

import structlog

from kit.errors import ConfigError, ProviderError
from pipeline.usage import Kind
from server.doctor_providers import ask
from server.provider_choice import Access, Choice, Named, Pick
from server.provider_registry import ProviderRegistry
from server.vendors import VENDORS, key_setting

_LIMIT_S = 6.0
_CALL_LIMIT_S = 2.0  # a caller waits, while it rings
_AGAIN_S = 60.0
_KEPT = 1000
_KINDS: tuple[Kind, ...] = ("llm", "stt", "tts")  # the first costs nothing: see `_NO_MODEL`
_NO_MODEL = "none"  # a vendor looks at the key before it looks for the model

_Place = tuple[Pick, Access]
AskVendor = Callable[[Pick, Choice, float], Awaitable[None]]

log = structlog.get_logger(__name__)


class ProviderWatch:
    """Knows what vendors refuse: a key, a model, a voice.

    It asks when the server starts; about what a call alone wants, when that is wanted first; and each minute about what
    was refused, for that may be mended there.
    """

    def __init__(self, server: Choice, ask_vendor: AskVendor | None = None) -> None:
        """Watch what `server` picks, and its keys; ask by `ask_vendor(pick, choice, limit_s)`."""
        self._server, self._ask_vendor = server, ask_vendor or _ask_vendor
        self._keys: set[tuple[str, Access]] = set()  # that are refused
        self._answers: dict[_Place, ProviderError | None] = {}
        self._unsure: set[_Place] = set()  # who could not be asked

    async def start(self) -> None:
        """Ask about all that the server picks, and about its other keys; takes six seconds at most."""
        picks = self._server.picks()
        picked = {pick.access_name for pick in picks}
        keyed = [name for name, access in self._server.access.items() if access.key is not None and name not in picked]
        await self._ask_all([*picks, *filter(None, map(_question, keyed))], self._server, _LIMIT_S)

    async def run(self) -> None:
        """Ask again about what was refused or not answered, until cancelled; calls ask for what is not the server's."""
        while True:
            await asyncio.sleep(_AGAIN_S)
            again = [place for place, error in self._answers.items() if error is not None or place in self._unsure]
            self._unsure.clear()
            for place in again:
                del self._answers[place]
            own = [pick for pick, access in again if access == self._server.access_of(pick)]
            await self._ask_all(own, self._server, _LIMIT_S)

    async def prove(self, choice: Choice, named: Named) -> None:
        """Ask about what a call wants, as far as that is not known; takes two seconds at most."""
        await self._ask_all((*choice.picks(), *_named(named)), choice, _CALL_LIMIT_S)

    def usable(self, choice: Choice, named: Named) -> Choice:
        """Return a choice without those that are refused.

        Raises:
            ConfigError: A flow names one of them, or nobody is left.
        """
        for pick in _named(named):
            if (error := self._refused(pick, choice)) is not None:
                raise self._refusal(pick, choice, error)
        return replace(
            choice,
            stt=self._rest(choice.stt, choice),
            tts=self._rest(choice.tts, choice),
            llm=self._rest(choice.llm, choice),
        )

    def _rest(self, picks: tuple[Pick, ...], choice: Choice) -> tuple[Pick, ...]:
        errors = [self._refused(pick, choice) for pick in picks]
        rest = tuple(pick for pick, error in zip(picks, errors, strict=True) if error is None)
        if not rest:
            for pick, error in zip(picks, errors, strict=True):
                if error is not None:
                    raise self._refusal(pick, choice, error)
        return rest

    def _refused(self, pick: Pick, choice: Choice) -> ProviderError | None:
        access = choice.access_of(pick)
        if (pick.access_name, access) in self._keys:
            return ProviderError(pick.vendor, "refuses the key", retryable=False, code="provider.key")
        return self._answers.get((pick, access))

    async def _ask_all(self, picks: Iterable[Pick], choice: Choice, limit_s: float) -> None:
        unknown = {pick for pick in picks if (pick, choice.access_of(pick)) not in self._answers}
        async with asyncio.TaskGroup() as tasks:
            for pick in unknown:
                if not pick.served.in_process:
                    tasks.create_task(self._ask(pick, choice, limit_s))

    async def _ask(self, pick: Pick, choice: Choice, limit_s: float) -> None:
        place = pick, choice.access_of(pick)
        self._unsure.add(place)
        self._answers.setdefault(place, None)  # nobody else asks meanwhile
        try:
            await self._ask_vendor(pick, choice, limit_s)
        except ProviderError as error:
            self._learn(place, error)
        except (ConfigError, TimeoutError):
            pass  # who cannot be asked now may be there when a call comes
        else:
            self._learn(place, None)
        while len(self._answers) > _KEPT:
            del self._answers[next(iter(self._answers))]

    def _learn(self, place: _Place, answer: ProviderError | None) -> None:
        pick, access = place
        key = (pick.access_name, access)
        if answer is not None and answer.retryable:
            return
        self._unsure.discard(place)
        if answer is not None and answer.code == "provider.key":
            if key not in self._keys:
                log.error("provider_key_refused", provider=pick.vendor)
            self._keys.add(key)
        else:
            self._keys.discard(key)
            answer = None if pick.model == _NO_MODEL else answer
        self._answers[place] = answer

    def _refusal(self, pick: Pick, choice: Choice, error: ProviderError) -> ConfigError:
        if error.code != "provider.key":
            text = f"{pick.kind}: {pick.vendor} refuses {pick}; name a model and a voice that it has"
            return ConfigError(text, code="config.provider")
        servers = choice.access_of(pick) == self._server.access_of(pick)
        fix = f"the operator must set {key_setting(pick.vendor)}" if servers else "set it again (PATCH /v1/providers)"
        return ConfigError(f"{pick.kind}: {pick.vendor} refuses the key; {fix}", code="config.provider_key")


async def _ask_vendor(pick: Pick, choice: Choice, limit_s: float) -> None:
    registry = ProviderRegistry()
    try:
        member = await asyncio.to_thread(registry.member, pick, choice)  # an SDK's first import takes seconds
        async with asyncio.timeout(limit_s):
            await ask(pick, member.provider, choice.language)
    finally:
        await registry.aclose()


def _question(name: str) -> Pick | None:
    """Return what is asked with a key: the cheapest thing that its vendor does."""
    kinds = (kind for kind in _KINDS if name in VENDORS[kind])
    return next((Pick(kind, name, _NO_MODEL if kind == "llm" else "") for kind in kinds), None)


def _named(named: Named) -> tuple[Pick, ...]:
    return (*named.spoken, *named.stt.values(), *named.llm.values())
