"""Which providers an account's calls use: its own keys first, those of the server behind them."""

from collections.abc import Mapping
from dataclasses import replace

import structlog
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.principal import LOCAL_ACCOUNT_ID
from control_api.providers.service import OURS, Wanted, wanted
from control_api.providers.vault import Vault
from kit.errors import InputError
from pipeline.usage import Kind
from server.provider_choice import Access, Choice, Pick, voice_pick
from storage.engine import Database
from transports.ports import CallRequest

_OURS: Mapping[Kind, tuple[Pick, ...]] = {
    "stt": (Pick("stt", "embedded"),),
    "tts": (Pick("tts", "embedded"),),
    "llm": (),
}
# Where an account names a language model's vendor and no model; other vendors' models must be named.
_USUAL_MODELS = {
    "openrouter": "openai/gpt-4o-mini",
    "openai": "gpt-4o-mini",
    "anthropic": "claude-haiku-4-5",
    "google": "gemini-2.5-flash",
    "groq": "llama-3.3-70b-versatile",
}

log = structlog.get_logger(__name__)


class AccountChoices:
    """Looks up what a call may use; a call whose account cannot be asked goes on with the server's providers."""

    def __init__(self, database: Database, vault: Vault, server: Choice) -> None:
        """Put accounts' choices over `server`."""
        self._database = database
        self._vault = vault
        self._server = server

    async def of(self, request: CallRequest) -> Choice:
        """Return the choice of a call."""
        if request.account_id in (None, LOCAL_ACCOUNT_ID):
            return self._server
        assert request.account_id is not None
        try:
            async with self._database.reading(request.account_id) as session:
                return await self.within(session, request.account_id)
        except SQLAlchemyError as error:
            log.warning("own_keys_not_read", reason=type(error).__name__)
            return self._server

    async def within(self, session: AsyncSession, account_id: str) -> Choice:
        """Return the choice of an account's calls, within its transaction."""
        try:
            return layered(self._server, await wanted(session, account_id, self._vault))
        except InputError as error:
            log.warning("own_keys_not_read", reason=type(error).__name__)
            return self._server


def layered(server: Choice, wishes: Mapping[str, Wanted]) -> Choice:
    """Put what an account wants over the server's choice, whose providers stand in when an own one fails."""
    access: dict[str, Access] = {}

    def over(kind: Kind, below: tuple[Pick, ...]) -> tuple[Pick, ...]:
        wish = wishes.get(kind)
        if wish is None:
            return below
        if wish.provider == OURS:
            ours = tuple(pick for pick in below if pick.served.in_process) or _OURS[kind]
            return (*ours, *(pick for pick in below if pick not in ours))
        pick = pick_of(kind, wish)
        usual = server.access_of(pick)
        if wish.key is not None:
            own = Access(SecretStr(wish.key), usual.base_url)
            access[f"{kind}.{pick.vendor}"] = own
            if usual.key is None:
                access.setdefault(pick.vendor, own)  # for who names the vendor for other work
        elif usual.key is None:
            return below
        # A vendor is reached with one key for this work, and that is the account's.
        return (pick, *(each for each in below if each.vendor != pick.vendor))

    stt = wishes.get("stt")
    return replace(
        server,
        stt=over("stt", server.stt),
        tts=over("tts", server.tts),
        llm=over("llm", server.llm),
        language=(stt.language if stt else "") or server.language,
        access={**server.access, **access},
    )


def pick_of(kind: Kind, wish: Wanted) -> Pick:
    """Return whom a call asks for what an account wants."""
    if kind == "tts":
        return voice_pick(wish.provider, wish.voice, wish.model)
    model = wish.model or (_USUAL_MODELS.get(wish.provider, "") if kind == "llm" else "")
    return Pick(kind, wish.provider, model)
