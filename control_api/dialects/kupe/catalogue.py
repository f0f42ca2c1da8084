"""`/api/v1/providers`, `/api/v1/tts-voices`, `/api/v1/noise-assets`."""

from typing import Any

from fastapi import APIRouter

from control_api.agents.checking import Checks
from control_api.catalogue.rows import Kind
from control_api.dialects.kupe import agent_encode as encode
from control_api.dialects.kupe.access import GUARDED, uuid_of
from control_api.dialects.kupe.errors import declared
from kit.errors import NotFoundError

Json = dict[str, Any]
_SEGMENTS: dict[str, Kind] = {"model": "llm", "tts": "tts", "stt": "stt", "vad": "vad"}


def catalogue_router(checks: Checks) -> APIRouter:
    """Return the routes of what agents can name."""
    router = APIRouter(prefix="/api/v1", tags=["kupe"], dependencies=GUARDED, responses=declared())
    catalogue = checks.catalogue
    _providers(router, checks)

    @router.get("/tts-voices")
    async def list_voices() -> list[Json]:
        """List all voices."""
        return encode.voices(catalogue.voices)

    @router.get("/tts-voices/provider/{provider_id}", responses=declared(404))
    async def voices_of(provider_id: str) -> list[Json]:
        """List the voices of one model."""
        wanted = uuid_of(provider_id, "provider_id")
        if all(row.id != wanted for row in catalogue.rows["tts"]):
            raise NotFoundError("Provider not found", code="catalogue.unknown")
        return encode.voices(voice for voice in catalogue.voices if voice.tts.id == wanted)

    @router.get("/tts-voices/{voice_id}", responses=declared(404))
    async def get_voice(voice_id: str) -> Json:
        """Return a voice."""
        wanted = uuid_of(voice_id, "voice_id")
        found = next((voice for voice in catalogue.voices if voice.id == wanted), None)
        if found is None:
            raise NotFoundError("Voice not found", code="catalogue.unknown_voice")
        return encode.voice(found)

    @router.get("/noise-assets")
    async def list_noises() -> list[Json]:
        """List background noises; empty where none are deployed."""
        return [{"id": name, "name": _title(name)} for name in checks.noises.names()]

    return router


def _providers(router: APIRouter, checks: Checks) -> None:
    def add(segment: str, kind: Kind) -> None:
        @router.get(f"/providers/{segment}", name=f"list_{kind}")
        async def list_rows() -> list[Json]:
            """List the models of one kind."""
            return encode.rows(checks.catalogue, kind)

    for segment, kind in _SEGMENTS.items():
        add(segment, kind)

    @router.get("/providers/all")
    async def list_all() -> dict[str, list[Json]]:
        """List the models of all kinds."""
        return {f"{segment}_providers": encode.rows(checks.catalogue, kind) for segment, kind in _SEGMENTS.items()}


def _title(name: str) -> str:
    return name.rpartition(".")[0].replace("_", " ").capitalize()
