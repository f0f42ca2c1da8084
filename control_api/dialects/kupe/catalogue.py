"""`/api/v1/providers`, `/api/v1/tts-voices`, `/api/v1/noise-assets`."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.access import Reading, Writing
from control_api.agents.checking import Checks, callable_row
from control_api.agents.schemas import LANGUAGE, PRINTABLE
from control_api.catalogue.reach import Reach
from control_api.catalogue.rows import Catalogue, Kind, Voice
from control_api.catalogue.voices import SAMPLE, NewVoice, Sampler, add, with_own
from control_api.dialects.kupe import agent_encode as encode
from control_api.dialects.kupe.access import GUARDED, Allowed, uuid_of
from control_api.dialects.kupe.errors import declared
from control_api.ports import UtcClock
from kit.errors import NotFoundError

Json = dict[str, Any]
_SEGMENTS: dict[str, Kind] = {"model": "llm", "tts": "tts", "stt": "stt", "vad": "vad"}


class VoiceBody(BaseModel):
    """A voice at a vendor: whose model speaks with it, and what the vendor calls it."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PRINTABLE, strip_whitespace=True)]
    voice_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
    provider_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    tts_model_name: Annotated[str, StringConstraints(max_length=200)] = ""
    language: Annotated[str, StringConstraints(pattern=LANGUAGE)] | None = None


def catalogue_router(checks: Checks, reach: Reach, clock: UtcClock) -> APIRouter:
    """Return the routes of what agents can name."""
    router = APIRouter(prefix="/api/v1", tags=["kupe"], dependencies=GUARDED, responses=declared())
    _providers(router, checks, reach)
    _voices(router, checks, reach, clock)

    @router.get("/noise-assets")
    async def list_noises() -> list[Json]:
        """List background noises; empty where none are deployed."""
        return [{"id": name, "name": _title(name)} for name in checks.noises.names()]

    return router


def _voices(router: APIRouter, checks: Checks, reach: Reach, clock: UtcClock) -> None:
    catalogue = checks.catalogue

    @router.get("/tts-voices")
    async def list_voices(who: Allowed, session: Reading) -> list[Json]:
        """List all voices: the catalogue's, then the account's own."""
        return encode.voices((await with_own(session, catalogue)).voices, await reach.of(session, who.account_id))

    @router.post("/tts-voices", responses=declared(404, 409))
    async def add_voice(who: Allowed, session: Writing, body: VoiceBody) -> Json:
        """Add a voice that the account has at a vendor."""
        row = callable_row(catalogue, "tts", body.provider_id or body.tts_model_name)
        new = NewVoice(row, body.name, body.voice_id, body.language)
        added = await add(session, who.account_id, new, catalogue, clock.utc())
        return encode.voice(added, await reach.of(session, who.account_id))

    @router.get("/tts-voices/provider/{provider_id}", responses=declared(404))
    async def voices_of(provider_id: str, who: Allowed, session: Reading) -> list[Json]:
        """List the voices of one model."""
        wanted = uuid_of(provider_id, "provider_id")
        if all(row.id != wanted for row in catalogue.rows["tts"]):
            raise NotFoundError("Provider not found", code="catalogue.unknown")
        found = [voice for voice in (await with_own(session, catalogue)).voices if voice.tts.id == wanted]
        return encode.voices(found, await reach.of(session, who.account_id))

    @router.get("/tts-voices/{voice_id}", responses=declared(404))
    async def get_voice(voice_id: str, who: Allowed, session: Reading) -> Json:
        """Return a voice."""
        return encode.voice(await _voice(session, catalogue, voice_id), await reach.of(session, who.account_id))

    @router.get("/tts-voices/{voice_id}/sample", response_class=Response, responses=declared(404, 503))
    async def sample_voice(voice_id: str, session: Reading, request: Request) -> Response:
        """Speak a sentence with a voice of this server; a vendor's speaks for its own key only, in calls."""
        found = await _voice(session, catalogue, voice_id)
        speak: Sampler | None = getattr(request.app.state, "sample_voice", None)
        if not found.is_ours or speak is None:
            text = f"There is no sample of {found.name}: {found.tts.provider_name} speaks in calls only."
            raise NotFoundError(text, code="catalogue.no_sample")
        return Response((await speak(SAMPLE)).wav(), media_type="audio/wav")


async def _voice(session: AsyncSession, catalogue: Catalogue, voice_id: str) -> Voice:
    wanted = uuid_of(voice_id, "voice_id")
    for voice in (await with_own(session, catalogue)).voices:
        if voice.id == wanted:
            return voice
    raise NotFoundError("Voice not found", code="catalogue.unknown_voice")


def _providers(router: APIRouter, checks: Checks, reach: Reach) -> None:
    def add(segment: str, kind: Kind) -> None:
        @router.get(f"/providers/{segment}", name=f"list_{kind}")
        async def list_rows(who: Allowed, session: Reading) -> list[Json]:
            """List the models of one kind."""
            return encode.rows(checks.catalogue, kind, await reach.of(session, who.account_id))

    for segment, kind in _SEGMENTS.items():
        add(segment, kind)

    @router.get("/providers/all")
    async def list_all(who: Allowed, session: Reading) -> dict[str, list[Json]]:
        """List the models of all kinds."""
        can_call = await reach.of(session, who.account_id)
        listed = {segment: encode.rows(checks.catalogue, kind, can_call) for segment, kind in _SEGMENTS.items()}
        return {f"{segment}_providers": rows for segment, rows in listed.items()}


def _title(name: str) -> str:
    return name.rpartition(".")[0].replace("_", " ").capitalize()
