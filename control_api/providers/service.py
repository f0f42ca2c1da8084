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
    "stt": ("deepgram", "openai", "cartesia", "assembly_ai", "soniox", "embedded"),
    "tts": ("deepgram", "cartesia", "elevenlabs", "openai", "embedded"),
    "llm": ("openrouter", "openai", "anthropic", "groq", "deepinfra", "fireworks", "google", "embedded"),
}
OURS = "embedded"
"""What runs on this server and knows no key."""
MASK = "••••"
_MIN_HINTED = 12  # of a shorter key, four characters would tell too much
_HINT_CHARS = 4
_SAID = ("model", "voice", "language")


@dataclass(frozen=True, slots=True)
class Choice:
    """What an account wants for one kind of work.

    Attributes:
        has_key: It brings its own key.
        masked: What may be shown of that key; None without one.
        model: Empty for the provider's usual one.
        voice: Likewise, of `tts`.
        language: BCP 47, of the whole call, kept with `stt`; empty leaves it to the server.
    """

    provider: str
    has_key: bool = False
    masked: str | None = None
    model: str = ""
    voice: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall change for one kind of work.

    Attributes:
        provider: None leaves it. Another provider clears key, model and voice that do not come with it: they were the
            old one's.
        key: None leaves it, an empty one clears it.
        model: Likewise.
        voice: Likewise.
        language: Likewise.
    """

    provider: str | None = None
    key: str | None = None
    model: str | None = None
    voice: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an account wants for one kind, for who calls the provider; see `Choice`.

    Attributes:
        key: The account's; None for the server's.
    """

    provider: str
    key: str | None = None
    model: str = ""
    voice: str = ""
    language: str = ""


class KeyCheck(Protocol):
    """Asks a provider whether it does what an account wants of it."""

    async def refusal(self, kind: str, wanted: Wanted) -> InputError | None:
        """Say what it refuses; None too where it cannot be asked, or not within seconds."""


class NoKeyCheck:
    """Takes everything for good."""

    async def refusal(self, kind: str, wanted: Wanted) -> InputError | None:
        """See `KeyCheck`."""
        del kind, wanted
        return None


async def check(
    session: AsyncSession, account_id: str, wishes: Mapping[str, Wish], vault: Vault
) -> Mapping[str, Wanted]:
    """Return what providers must be asked about before the wishes are granted: what is new of who is called and how.

    Raises:
        InputError: There is no such provider, or this is no key.
    """
    rows = await provider_choices.by_kind(session, account_id)
    asked = {}
    for kind, wish in wishes.items():
        row = rows.get(kind) or _new(account_id, kind)
        before = (row.sealed_key, row.model, row.voice, row.language)
        after = ProviderChoice(
            **{name: getattr(row, name) for name in ("account_id", "kind", "provider", "sealed_key", "hint", *_SAID)}
        )
        _apply(after, wish, vault)
        here = (after.sealed_key, after.model, after.voice, after.language)
        if here != before and any(here):
            asked[kind] = _wanted(after, vault)
    return asked


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
            row = rows[kind] = _new(account_id, kind)
            session.add(row)
        _apply(row, wish, vault)
        row.changed_at = now
    await session.flush()
    return {kind: _choice(kind, rows.get(kind)) for kind in DEFAULTS}


async def wanted(session: AsyncSession, account_id: str, vault: Vault) -> Mapping[str, Wanted]:
    """Return what an account wants by kind, to call providers with.

    Raises:
        InputError: A key cannot be read, for the operator's secret is another one now.
    """
    rows = await provider_choices.by_kind(session, account_id)
    return {kind: _wanted(row, vault) for kind, row in rows.items()}


class StoredKeys:
    """`control_api.credits.tariff.OwnKeys`: which kinds an account pays for itself."""

    async def kinds(self, session: AsyncSession, account_id: str) -> Set[str]:
        """See the port."""
        rows = await provider_choices.by_kind(session, account_id)
        return {kind for kind, row in rows.items() if row.sealed_key is not None and row.provider != OURS}


def _new(account_id: str, kind: str) -> ProviderChoice:
    return ProviderChoice(
        account_id=account_id, kind=kind, provider=DEFAULTS[kind], sealed_key=None, hint="", **dict.fromkeys(_SAID, "")
    )


def _apply(row: ProviderChoice, wish: Wish, vault: Vault) -> None:
    provider = wish.provider or row.provider
    if provider not in KNOWN[row.kind]:
        known = ", ".join(KNOWN[row.kind])
        raise InputError(f"{row.kind}_provider is one of: {known}.", code="provider.unknown")
    shown_back = wish.key is not None and wish.key == _masked(row)
    key = None if shown_back else wish.key
    if provider != row.provider:
        key = key or ""
        row.model = row.voice = ""
    row.provider = provider
    for name in _SAID:
        said = getattr(wish, name)
        if said is not None:
            setattr(row, name, said)
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
    return Choice(row.provider, row.sealed_key is not None, _masked(row), row.model, row.voice, row.language)


def _wanted(row: ProviderChoice, vault: Vault) -> Wanted:
    key = None if row.sealed_key is None else vault.open(row.sealed_key, _about(row))
    return Wanted(row.provider, key, row.model, row.voice, row.language)


def _masked(row: ProviderChoice) -> str | None:
    return None if row.sealed_key is None else MASK + row.hint


def _about(row: ProviderChoice) -> str:
    return f"{row.account_id}/{row.kind}"
