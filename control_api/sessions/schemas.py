"""Bodies of `POST /v1/sessions`."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class SessionRequest(BaseModel):
    """Who shall talk to what.

    Attributes:
        flow_id: File stem or id of a flow.
        context: Variables to set before the first state.
        metadata: Goes into the call's record.
    """

    flow_id: str = Field(min_length=1, max_length=200)
    context: dict[str, Any] = Field(default_factory=dict, max_length=100)
    metadata: dict[str, str] = Field(default_factory=dict, max_length=32)


class SessionCreated(BaseModel):
    """Where to connect."""

    session_token: str
    ws_url: str
    transport: Literal["websocket"] = "websocket"
    credits_remaining: int | None = None
