"""`/v1/providers`: keys of providers that an account brings."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from control_api.access import DECLARED, Reading, Writing, needs
from control_api.dialects.prepatu.errors import declared
from control_api.ports import UtcClock
from control_api.principal import Principal
from control_api.providers import service
from control_api.providers.service import Choice, KeyCheck, Wish
from control_api.providers.vault import Vault

_MayRead = Annotated[Principal, Depends(needs("providers:read"))]
_MayWrite = Annotated[Principal, Depends(needs("providers:write", missing="Missing Authorization header"))]
_Provider = Annotated[str | None, Field(min_length=1, max_length=50)]
_Key = Annotated[str | None, Field(max_length=500)]
_Name = Annotated[str | None, Field(max_length=200, pattern=r"^[\x21-\x7e]*$")]
_OF_KIND = {"stt": ("provider", "model"), "tts": ("provider", "model", "voice"), "llm": ("provider", "model")}
Masked = Annotated[bool, Query(description="Show the end of each key.")]


class ProviderKeys(BaseModel):
    """What an account wants. A key is null, also when there is one; masked only if asked for."""

    stt_provider: str
    stt_api_key: str | None
    stt_api_key_set: bool
    tts_provider: str
    tts_api_key: str | None
    tts_api_key_set: bool
    llm_provider: str
    llm_api_key: str | None
    llm_api_key_set: bool
    stt_model: str | None
    tts_model: str | None
    tts_voice: str | None
    llm_model: str | None
    language: str | None


class ProviderChange(BaseModel):
    """What shall change: null or left out stays; what is empty is cleared, and so is what was another provider's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stt_api_key": "dg-...", "llm_api_key": "sk-or-..."}]})

    stt_provider: _Provider = None
    stt_api_key: _Key = None
    tts_provider: _Provider = None
    tts_api_key: _Key = None
    llm_provider: _Provider = None
    llm_api_key: _Key = None
    stt_model: _Name = None
    tts_model: _Name = None
    tts_voice: _Name = None
    llm_model: _Name = None
    language: Annotated[str | None, Field(max_length=35, pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")] = None


def provider_router(vault: Vault, clock: UtcClock, keys: KeyCheck) -> APIRouter:
    """Return the routes of an account's provider keys; `keys` looks at new ones."""
    router = APIRouter(prefix="/v1/providers", tags=["providers"], dependencies=list(DECLARED))

    @router.get("", responses=declared(401, 403))
    async def get_providers(who: _MayRead, session: Reading, masked: Masked = False) -> ProviderKeys:
        """Show which providers the account wants, and whether it brings keys."""
        return _shown(await service.choices(session, who.account_id), masked=masked)

    async def checked(who: _MayWrite, request: Request, body: ProviderChange) -> Mapping[str, Wish]:
        wishes, database = _wishes(body), request.app.state.authenticator.database
        async with database.reading(who.account_id) as session:
            asked = await service.check(session, who.account_id, wishes, vault)
        for kind, wanted in asked.items():
            refusal = await keys.refusal(kind, wanted)
            if refusal is not None:
                raise refusal
        return wishes

    @router.patch("", responses=declared(401, 403))
    async def change_providers(
        who: _MayWrite,
        wishes: Annotated[Mapping[str, Wish], Depends(checked)],  # before the transaction begins
        session: Writing,
        masked: Masked = False,
    ) -> ProviderKeys:
        """Change providers, keys, models or voices; what a provider refuses is not taken."""
        return _shown(await service.change(session, who.account_id, wishes, vault, clock.utc()), masked=masked)

    return router


def _wishes(body: ProviderChange) -> Mapping[str, Wish]:
    sent = body.model_dump(exclude_none=True)
    wishes = {}
    for kind, names in _OF_KIND.items():
        wish = {name: sent[f"{kind}_{name}"] for name in names if f"{kind}_{name}" in sent}
        if f"{kind}_api_key" in sent:
            wish["key"] = sent[f"{kind}_api_key"]
        if kind == "stt" and "language" in sent:
            wish["language"] = sent["language"]
        if wish:
            wishes[kind] = Wish(**wish)
    return wishes


def _shown(choices: Mapping[str, Choice], *, masked: bool) -> ProviderKeys:
    fields: dict[str, str | bool | None] = {
        "tts_voice": choices["tts"].voice or None,
        "language": choices["stt"].language or None,
    }
    for kind, choice in choices.items():
        fields[f"{kind}_provider"] = choice.provider
        fields[f"{kind}_model"] = choice.model or None
        fields[f"{kind}_api_key"] = choice.masked if masked else None
        fields[f"{kind}_api_key_set"] = choice.has_key
    return ProviderKeys.model_validate(fields)
