"""Bodies of the session routes."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

Status = Literal["waiting", "expired", "live", "ended"]


class SessionRequest(BaseModel):
    """Who shall talk to what.

    Attributes:
        flow_id: An account's flow by id, or a flow of the server by file stem or id; without one, the assistant.
        context: Variables to set before the first state.
        metadata: Handed on to hooks and to the record.
    """

    flow_id: str | None = Field(default=None, min_length=1, max_length=200)
    context: dict[str, Any] = Field(default_factory=dict, max_length=100)
    metadata: dict[str, Any] = Field(default_factory=dict, max_length=32)


class SessionStarted(BaseModel):
    """Where to connect; the token is told once, is good for one connection, and unused for ten minutes."""

    session_token: str
    ws_url: str
    transport: Literal["websocket"] = "websocket"
    credits_remaining: int | None
    session_id: str
    expires_at: float


class SessionItem(BaseModel):
    """One session of a listing; times are Unix seconds."""

    id: str
    token_prefix: str
    flow_id: str | None
    started_at: float | None
    ended_at: float | None
    duration_secs: int | None
    status: Status


class SessionDetail(SessionItem):
    """A session with what was said in it.

    Attributes:
        context: Variables that it began with.
        variables: What they were at its end; null while it lives.
        transcript: What caller and bot said, in order.
        usage: Of each provider: requests, seconds, characters, tokens.
        turns: Each with its gap and waterfall, in milliseconds.
        cost_usd_cents: What was charged so far.
        recording_url: Path of the recording on this server; null if there is none.
    """

    created_at: float
    call_id: str | None
    context: Mapping[str, Any]
    metadata: Mapping[str, Any]
    end_reason: str | None
    variables: Mapping[str, Any] | None
    transcript: Sequence[Mapping[str, Any]]
    turns: Sequence[Mapping[str, Any]]
    usage: Sequence[Mapping[str, Any]]
    cost_usd_cents: float | None
    recording_url: str | None


class SessionEnd(BaseModel):
    """Which session is over; the client's own measure is taken and not used."""

    session_token: str = Field(min_length=1, max_length=200)
    duration_seconds: float | None = None


class SessionEnded(BaseModel):
    """What is left of it."""

    session_token: str
    duration_secs: int
    credits_remaining: int | None
