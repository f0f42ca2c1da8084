"""Which providers an account's calls use: its own keys first, those of the server behind them."""

from collections.abc import Mapping
from dataclasses import replace

import structlog
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from control_api.principal import LOCAL_ACCOUNT_ID
from control_api.providers.service import OwnKey, own_keys
from control_api.providers.vault import Vault
from kit.errors import InputError
from pipeline.usage import Kind
from server.provider_choice import Access, Choice, Pick
from storage.engine import Database
from transports.ports import CallRequest

# What an account's provider is called here; where a model must be named, the one that Prepatu's accounts get.
PICKS: Mapping[tuple[Kind, str], Pick] = {
    ("stt", "deepgram"): Pick("stt", "deepgram"),
    ("stt", "openai"): Pick("stt", "openai"),
    ("tts", "deepgram"): Pick("tts", "deepgram"),
    ("tts", "openai"): Pick("tts", "openai"),
    ("llm", "openrouter"): Pick("llm", "compatible", "openai/gpt-4o-mini"),
    ("llm", "openai"): Pick("llm", "openai", "gpt-4o-mini"),
}
OPENROUTER_URL = "https://openrouter.ai/api/v1"

log = structlog.get_logger(__name__)


class AccountChoices:
    """Looks up what a call may use; a call whose account cannot be asked goes on with the server's providers."""

    def __init__(self, database: Database, vault: Vault, server: Choice, openrouter_url: str = OPENROUTER_URL) -> None:
        """Put accounts' choices over `server`."""
        self._database = database
        self._vault = vault
        self._server = server
        self._openrouter_url = openrouter_url

    async def of(self, request: CallRequest) -> Choice:
        """Return the choice of a call."""
        if request.account_id in (None, LOCAL_ACCOUNT_ID):
            return self._server
        assert request.account_id is not None
        try:
            async with self._database.reading(request.account_id) as session:
                keys = await own_keys(session, request.account_id, self._vault)
        except (InputError, SQLAlchemyError) as error:
            log.warning("own_keys_not_read", reason=type(error).__name__)
            return self._server
        return layered(self._server, keys, self._openrouter_url)


def layered(server: Choice, keys: Mapping[str, OwnKey], openrouter_url: str) -> Choice:
    """Put an account's own keys over the server's choice; its providers stand in when an own one fails."""
    access: dict[str, Access] = {}

    def over(kind: Kind, below: tuple[Pick, ...]) -> tuple[Pick, ...]:
        key = keys.get(kind)
        pick = PICKS.get((kind, key.provider)) if key is not None else None
        if key is None or pick is None:
            return below
        url = openrouter_url if key.provider == "openrouter" else _address(server, pick.vendor)
        access[pick.vendor] = Access(SecretStr(key.key), url)
        # A vendor is reached with one key in a call, and that is the account's.
        return (pick, *(each for each in below if each.vendor != pick.vendor))

    return replace(
        server,
        stt=over("stt", server.stt),
        tts=over("tts", server.tts),
        llm=over("llm", server.llm),
        access={**server.access, **access},
    )


def _address(server: Choice, vendor: str) -> str | None:
    return server.access.get(vendor, Access()).base_url
