"""Bodies of `/native/v1/calls`, `/native/v1/calling-rules` and `/native/v1/do-not-call`."""

import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from control_api.calls.rules import Rules
from kit.money import from_cents, whole_cents
from kit.phone_calls import AnsweredBy, CallStatus, MachinePolicy
from storage.tables.call_intent import CallIntent
from storage.tables.do_not_call import DoNotCall

_PRINTABLE = r"^[^\x00-\x1f]*$"
_Number = Annotated[str, Field(min_length=3, max_length=40, examples=["+14158675309"])]
_Minute = Annotated[int, Field(ge=0, le=24 * 60)]
_Count = Annotated[int, Field(ge=0, le=10_000)]


class CallRequestBody(BaseModel):
    """A call to be made. Without a line the first that can dial is used; without a flow, what the line leads to."""

    model_config = ConfigDict(extra="forbid")

    to: _Number
    line_id: Annotated[str, Field(max_length=100)] | None = None
    flow_id: Annotated[str, Field(min_length=1, max_length=200, pattern=_PRINTABLE)] | None = None
    variables: Annotated[dict[str, Any], Field(max_length=100)] = {}
    metadata: Annotated[dict[str, Any], Field(max_length=50)] = {}
    machine: MachinePolicy = MachinePolicy.CONTINUE
    message: Annotated[str, Field(max_length=2000, description="Left after the beep; `{name}` is a variable.")] = ""
    introduction: Annotated[
        str, Field(max_length=500, description="Told to a helper that screens calls; empty: the flow's opening line.")
    ] = ""
    ring_timeout_s: Annotated[int, Field(ge=5, le=120)] = 30

    @model_validator(mode="after")
    def _message_to_leave(self) -> "CallRequestBody":
        if self.machine is MachinePolicy.LEAVE_MESSAGE and not self.message.strip():
            raise ValueError("say which message to leave")
        return self


class CallItem(BaseModel):
    """A call to a telephone, and what became of it; carriers and their words do not show."""

    id: str
    line_id: str
    to: str
    status: CallStatus
    answered_by: AnsweredBy | None
    error: str | None
    dialled_at: datetime.datetime
    ended_at: datetime.datetime | None
    duration_s: int | None


class RulesBody(BaseModel):
    """Whom an account may have called, when and how often. Times are minutes of the callee's day.

    Attributes:
        regions: ISO 3166 codes; null: only the country of the line that calls.
        daily_cap_usd_cents: Null: no cap.
    """

    model_config = ConfigDict(extra="forbid")

    regions: Annotated[list[Annotated[str, Field(pattern="^[A-Z]{2}$")]], Field(max_length=300)] | None = None
    opens_min: _Minute = 8 * 60
    closes_min: _Minute = 21 * 60
    account_calls: _Count = 10
    line_calls: _Count = 5
    account_per_minute: _Count = 60
    line_per_minute: _Count = 30
    daily_cap_usd_cents: Annotated[int, Field(ge=0, le=10**9)] | None = 10_000

    def rules(self) -> Rules:
        """Return them as the service takes them."""
        told = self.model_dump(exclude={"regions", "daily_cap_usd_cents"})
        regions = frozenset(self.regions) if self.regions is not None else None
        cap = from_cents(self.daily_cap_usd_cents) if self.daily_cap_usd_cents is not None else None
        return Rules(regions=regions, daily_cap_microcents=cap, **told)


class DoNotCallBody(BaseModel):
    """Somebody who does not want to be called."""

    model_config = ConfigDict(extra="forbid")

    number: _Number
    reason: Annotated[str, Field(max_length=200, pattern=_PRINTABLE)] = ""


class DoNotCallItem(BaseModel):
    """An entry of the list."""

    id: str
    number: str
    reason: str
    added_at: datetime.datetime


def call_item(row: CallIntent) -> CallItem:
    """Show a call."""
    return CallItem(
        id=row.id,
        line_id=row.line_id,
        to=row.to_number,
        status=CallStatus(row.status),
        answered_by=AnsweredBy(row.answered_by) if row.answered_by is not None else None,
        error=row.error,
        dialled_at=row.dialled_at,
        ended_at=row.ended_at,
        duration_s=row.duration_s,
    )


def rules_body(rules: Rules) -> RulesBody:
    """Show rules."""
    cap = rules.daily_cap_microcents
    return RulesBody(
        regions=sorted(rules.regions) if rules.regions is not None else None,
        opens_min=rules.opens_min,
        closes_min=rules.closes_min,
        account_calls=rules.account_calls,
        line_calls=rules.line_calls,
        account_per_minute=rules.account_per_minute,
        line_per_minute=rules.line_per_minute,
        daily_cap_usd_cents=whole_cents(cap) if cap is not None else None,
    )


def entry_item(row: DoNotCall) -> DoNotCallItem:
    """Show an entry."""
    return DoNotCallItem(id=row.id, number=row.number, reason=row.reason, added_at=row.added_at)
