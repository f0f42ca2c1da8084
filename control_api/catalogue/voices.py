"""Voices of an account's own, laid over the catalogue's; and how a voice sounds."""

import datetime
import io
import wave
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.catalogue.rows import Catalogue, Row, Voice, require_language
from kit.errors import ConflictError, ForbiddenError, InputError
from storage.repositories import account_voices
from storage.tables.account_voice import AccountVoice

MAX_VOICES = 200
SAMPLE = "Hello, this is how I sound. What can I do for you today?"


@dataclass(frozen=True, slots=True)
class Sound:
    """Speech: int16, mono."""

    pcm: bytes
    rate_hz: int

    def wav(self) -> bytes:
        """Return it as a WAV file."""
        file = io.BytesIO()
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(self.rate_hz)
            writer.writeframes(self.pcm)
        return file.getvalue()


class Sampler(Protocol):
    """Speaks with this server's own voice (`server.media`)."""

    async def __call__(self, text: str) -> Sound:
        """Speak a text.

        Raises:
            CapacityError: Not now.
        """


@dataclass(frozen=True, slots=True)
class NewVoice:
    """A voice to be added; `engine` is its vendor's name for it."""

    row: Row
    name: str
    engine: str
    language: str | None = None


async def with_own(session: AsyncSession, catalogue: Catalogue) -> Catalogue:
    """Return the catalogue with the voices of the account of this transaction."""
    rows = {row.id: row for row in catalogue.rows["tts"]}
    own = [
        _voice(each, rows[each.tts_row_id])
        for each in await account_voices.all_voices(session)
        if each.tts_row_id in rows
    ]
    return replace(catalogue, voices=(*catalogue.voices, *own)) if own else catalogue


async def add(
    session: AsyncSession, account_id: str, new: NewVoice, catalogue: Catalogue, now: datetime.datetime
) -> Voice:
    """Keep a voice.

    Raises:
        InputError: The model has one voice only, or not the language.
        ConflictError: It has a voice of this name.
        ForbiddenError: The account has too many.
    """
    if new.row.engine == "embedded":
        raise InputError("This model has its own voice and takes no others.", code="catalogue.no_voices")
    if new.language is not None:
        require_language(new.row, new.language)
    if len(await account_voices.all_voices(session)) >= MAX_VOICES:
        raise ForbiddenError(f"An account has at most {MAX_VOICES} voices of its own.", code="catalogue.too_many")
    known = {voice.name.lower() for voice in catalogue.voices if voice.tts.id == new.row.id}
    row = AccountVoice(
        account_id=account_id,
        tts_row_id=new.row.id,
        name=new.name,
        engine=new.engine,
        language=new.language,
        added_at=now,
    )
    taken = ConflictError(f"{new.row.model_name} has a voice '{new.name}'.", code="catalogue.voice_exists")
    if new.name.lower() in known:
        raise taken
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise taken from error
    return _voice(row, new.row)


def _voice(row: AccountVoice, model: Row) -> Voice:
    return Voice(row.id, model, row.name, row.engine, row.language)
