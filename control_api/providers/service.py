"""Which providers an account wants and its own keys for them: written, used, cleared, never shown."""

import datetime
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.providers.vault import Vault
from kit.errors import InputError
from storage.repositories import provider_choices
from storage.tables.provider_choice import ProviderChoice

DEFAULTS = {"stt": "deepgram", "tts": "deepgram", "llm": "openrouter"}
KNOWN = {
    "stt": ("deepgram", "openai", "embedded"),
    "tts": ("deepgram", "cartesia", "elevenlabs", "openai", "embedded"),
    "llm": ("openrouter", "openai", "embedded"),
}
CALLED = {
    "stt": frozenset({"deepgram", "openai"}),
    "tts": frozenset({"deepgram", "openai"}),
    "llm": frozenset({"openrouter", "openai"}),
}
"""Which of them calls use with an account's own key; a key for another one is kept, and lowers no price."""
MASK = "••••"
_MIN_HINTED = 12  # of a shorter key, four characters would tell too much
_HINT_CHARS = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """What an account wants for one kind of work.

    Attributes:
        has_key: It brings its own key.
        masked: What may be shown of that key; None without one.
    """

    provider: str
    has_key: bool = False
    masked: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall change for one kind of work.

    Attributes:
        provider: None leaves it. Another provider without a key clears the key: it was made for the old one.
        key: None leaves it, an empty one clears it.
    """

    provider: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class OwnKey:
    """An account's key, for who calls the provider with it."""

    provider: str
    key: str


class KeyCheck(Protocol):
    """Asks a provider whether it takes a key."""

    async def refuses(self, kind: str, provider: str, key: str) -> bool:
        """Say whether the provider refuses the key; False too where it cannot be asked, or not within seconds."""


class NoKeyCheck:
    """Takes every key for good."""

    async def refuses(self, kind: str, provider: str, key: str) -> bool:
        """See `KeyCheck`."""
        del kind, provider, key
        return False


async def check(before: Mapping[str, Choice], wishes: Mapping[str, Wish], keys: KeyCheck) -> None:
    """Have the providers look at new keys; outside of a transaction, for they take their time.

    Raises:
        InputError: `provider.key_refused`: a provider refuses its key.
    """
    for kind, wish in wishes.items():
        provider = wish.provider or before[kind].provider
        if not wish.key or wish.key.startswith(MASK) or provider not in CALLED[kind]:
            continue
        _require_key(kind, wish.key)
        if await keys.refuses(kind, provider, wish.key):
            raise InputError(
                f"{provider} refuses {kind}_api_key; copy it again from your account there, or make a new one.",
                code="provider.key_refused",
            )


async def choices(session: AsyncSession, account_id: str) -> Mapping[str, Choice]:
    """Return what an account wants, by kind."""
    rows = await provider_choices.by_kind(session, account_id)
    return {kind: _choice(kind, rows.get(kind)) for kind in DEFAULTS}


async def change(
    session: AsyncSession, account_id: str, wishes: Mapping[str, Wish], vault: Vault, now: datetime.datetime
) -> Mapping[str, Choice]:
    """Change what an account wants; return it as it is then.

    Raises:
        InputError: There is no such provider, or this is no key.
    """
    rows = dict(await provider_choices.to_change(session, account_id))
    for kind, wish in wishes.items():
        row = rows.get(kind)
        if row is None:
            row = rows[kind] = ProviderChoice(
                account_id=account_id, kind=kind, provider=DEFAULTS[kind], sealed_key=None, hint="", changed_at=now
            )
            session.add(row)
        _apply(row, wish, vault, now)
    await session.flush()
    return {kind: _choice(kind, rows.get(kind)) for kind in DEFAULTS}


async def own_keys(session: AsyncSession, account_id: str, vault: Vault) -> Mapping[str, OwnKey]:
    """Return an account's keys by kind, to call providers with.

    Raises:
        InputError: One cannot be read, for the operator's secret is another one now.
    """
    rows = await provider_choices.by_kind(session, account_id)
    return {
        kind: OwnKey(row.provider, vault.open(row.sealed_key, _about(row)))
        for kind, row in rows.items()
        if row.sealed_key is not None
    }


class StoredKeys:
    """`control_api.credits.tariff.OwnKeys`: which kinds an account pays for itself."""

    async def kinds(self, session: AsyncSession, account_id: str) -> Set[str]:
        """See the port."""
        rows = await provider_choices.by_kind(session, account_id)
        return {kind for kind, row in rows.items() if row.sealed_key is not None and row.provider in CALLED[kind]}


def _apply(row: ProviderChoice, wish: Wish, vault: Vault, now: datetime.datetime) -> None:
    provider = wish.provider or row.provider
    if provider not in KNOWN[row.kind]:
        known = ", ".join(KNOWN[row.kind])
        raise InputError(f"{row.kind}_provider is one of: {known}.", code="provider.unknown")
    shown_back = wish.key is not None and wish.key == _masked(row)
    key = None if shown_back else wish.key
    if key is None and provider != row.provider:
        key = ""
    row.provider, row.changed_at = provider, now
    if key is None:
        return
    _require_key(row.kind, key)
    row.sealed_key = vault.seal(key, _about(row)) if key else None
    row.hint = key[-_HINT_CHARS:] if len(key) >= _MIN_HINTED else ""


def _require_key(kind: str, key: str) -> None:
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise InputError(f"{kind}_api_key is no key: only printable ASCII.", code="provider.invalid_key")


def _choice(kind: str, row: ProviderChoice | None) -> Choice:
    if row is None:
        return Choice(DEFAULTS[kind])
    return Choice(row.provider, row.sealed_key is not None, _masked(row))


def _masked(row: ProviderChoice) -> str | None:
    return None if row.sealed_key is None else MASK + row.hint


def _about(row: ProviderChoice) -> str:
    return f"{row.account_id}/{row.kind}"
