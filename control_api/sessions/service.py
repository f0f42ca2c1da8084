"""Sessions: a token is made, taken into use once, and closed once (docs/adr/0017)."""

import datetime
import hashlib
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.sessions.schemas import SessionRequest, Status
from kit.errors import InputError, InsufficientCreditsError, NotFoundError
from kit.ids import session_token, uuid7
from storage.repositories import voice_sessions
from storage.tables.voice_session import VoiceSession

UNUSED_S = 600.0  # how long a token waits to be used
PREFIX_CHARS = 8


class Credits(Protocol):
    """An account's money, as sessions see it."""

    async def remaining_cents(self, session: AsyncSession, account_id: str) -> int | None:
        """Return what is left; None where nothing is charged."""

    async def cost_microcents(self, session: AsyncSession, session_id: str) -> int | None:
        """Return what a session has cost so far; None where nothing is charged."""


class Flows(Protocol):
    """The flows that a session can be made for."""

    async def pin(self, session: AsyncSession, account_id: str, name: str | None) -> str | None:
        """Return the version of an account's flow that is newest now; None for a flow of the server's own.

        Args:
            session: Of the account.
            account_id: Whose flow.
            name: None asks for the assistant.

        Raises:
            NotFoundError: `flow.not_found`.
            InputError: It does not pass its check, or there is no assistant here.
        """


@dataclass(frozen=True, slots=True)
class SessionPorts:
    """What sessions need from other domains."""

    flows: Flows
    credits: Credits


@dataclass(frozen=True, slots=True)
class Started:
    """A new session; its token is known only here."""

    session: VoiceSession
    token: str
    credits_remaining: int | None


async def start(
    session: AsyncSession, account_id: str, request: SessionRequest, now: datetime.datetime, ports: SessionPorts
) -> Started:
    """Make a session.

    Raises:
        InsufficientCreditsError: Nothing is left.
        NotFoundError: No such flow.
        InputError: The flow cannot be called.
    """
    remaining = await ports.credits.remaining_cents(session, account_id)
    if remaining is not None and remaining <= 0:
        raise InsufficientCreditsError("Insufficient credits. Top up your balance to go on.")
    version_id = await ports.flows.pin(session, account_id, request.flow_id)
    token = session_token()
    row = VoiceSession(
        id=uuid7(),
        account_id=account_id,
        token_hash=token_hash(token),
        token_prefix=token[:PREFIX_CHARS],
        flow_name=request.flow_id,
        flow_version_id=version_id,
        context=request.context,
        labels=request.metadata,
        created_at=now,
        expires_at=now + datetime.timedelta(seconds=UNUSED_S),
    )
    session.add(row)
    await session.flush()
    return Started(row, token, remaining)


async def take(session: AsyncSession, token: str, call_id: str, now: datetime.datetime) -> VoiceSession:
    """Take a token into use for a call; `session` sees every tenant, for the token is the credential.

    Raises:
        InputError: `session.token_in_use`, or `session.invalid_token` if it is unknown, expired or spent.
    """
    hashed = token_hash(token)
    taken = await voice_sessions.take(session, hashed, call_id, now)
    if taken is not None:
        return taken
    known = await voice_sessions.by_token_hash(session, hashed)
    if known is not None and known.started_at is not None and known.ended_at is None:
        raise InputError("Session token already in use.", code="session.token_in_use")
    raise InputError("Invalid or expired session token.", code="session.invalid_token")


async def end(session: AsyncSession, token: str, now: datetime.datetime) -> VoiceSession:
    """Close the session of a token of this account; closing it again changes nothing.

    Raises:
        NotFoundError: `session.not_found`.
    """
    found = await voice_sessions.by_token_hash(session, token_hash(token))
    if found is None:
        raise NotFoundError("Session not found", code="session.not_found")
    if await voice_sessions.close(session, found.id, now):
        await session.refresh(found)
    return found


def status_of(row: VoiceSession, now: datetime.datetime) -> Status:
    """Say where a session is in its life."""
    if row.ended_at is not None:
        return "ended"
    if row.started_at is not None:
        return "live"
    return "waiting" if row.expires_at > now else "expired"


def duration_s(row: VoiceSession) -> int | None:
    """Return how long it was talked, in whole seconds as on bills; None if it is not over, 0 if nobody came."""
    if row.ended_at is None:
        return None
    return 0 if row.started_at is None else max(0, int((row.ended_at - row.started_at).total_seconds()))


def token_hash(token: str) -> str:
    """Return what is kept of a token: tokens are random, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
