"""Bodies of the routes under `/v1/hooks`. Times are seconds since 1970."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Event = Literal["session.started", "session.ended"]
_EVENTS: tuple[Event, ...] = ("session.started", "session.ended")


class HookRequest(BaseModel):
    """Where to tell what."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"url": "https://example.com/antiphon"}]})

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    events: Annotated[list[Event], Field(min_length=1, max_length=10)] = list(_EVENTS)


class HookChange(BaseModel):
    """What shall be different; what is absent stays."""

    url: Annotated[str | None, Field(min_length=1, max_length=2000)] = None
    events: Annotated[list[Event] | None, Field(min_length=1, max_length=10)] = None
    active: bool | None = None


class HookItem(BaseModel):
    """An endpoint, without its secret."""

    id: str
    url: str
    events: list[str]
    active: bool
    created_at: float


class HookMade(HookItem):
    """A new endpoint; its secret (`whsec_…`) is never shown again."""

    secret: str


class DeliveryItem(BaseModel):
    """One event for an endpoint.

    Attributes:
        id: The `webhook-id` of every try.
        next_attempt_at: Null when it was taken or given up.
    """

    id: str
    event: str
    created_at: float
    attempts: int
    delivered_at: float | None
    next_attempt_at: float | None
    last_status: int | None
    last_error: str | None
