"""Bodies of `/native/v1/lines`."""

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from storage.tables.phone_line import PhoneLine

PRINTABLE = r"^[^\x00-\x1f]*$"
Number = Annotated[str, Field(min_length=3, max_length=40, examples=["+14158675309"])]
_Credentials = Annotated[dict[str, Annotated[str, Field(max_length=300)]], Field(max_length=10)]
_Label = Annotated[str, Field(max_length=200, pattern=PRINTABLE)]
_Flow = Annotated[str, Field(min_length=1, max_length=200, pattern=PRINTABLE)]


class LineRequest(BaseModel):
    """A line to be added; without a flow its calls lead nowhere."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "number": "+14158675309",
                    "provider": "twilio",
                    "credentials": {"account_sid": "AC...", "auth_token": "..."},
                    "flow_id": "survey",
                }
            ]
        },
    )

    number: Number
    provider: Annotated[str, Field(max_length=20)]
    credentials: _Credentials
    label: _Label = ""
    flow_id: _Flow | None = None


class LineChange(BaseModel):
    """What shall change: null or left out stays."""

    model_config = ConfigDict(extra="forbid")

    credentials: _Credentials | None = None
    label: _Label | None = None
    active: bool | None = None


class TargetRequest(BaseModel):
    """Where a line's calls shall lead."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["flow"]
    id: _Flow


class Target(BaseModel):
    """Where a line's calls lead."""

    kind: str
    id: str


class LineItem(BaseModel):
    """A line; its credentials are never shown."""

    id: str
    number: str
    provider: str
    label: str
    target: Target | None
    active: bool
    created_at: datetime.datetime
    updated_at: datetime.datetime


def item(row: PhoneLine) -> LineItem:
    """Show a line."""
    target = None
    if row.target_kind is not None and row.target_id is not None:
        target = Target(kind=row.target_kind, id=row.target_id)
    return LineItem(
        id=row.id,
        number=row.number,
        provider=row.provider,
        label=row.label,
        target=target,
        active=row.active,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
