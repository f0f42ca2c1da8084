"""Bodies of the routes under `/v1/credits`. Times are seconds since 1970."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Balance(BaseModel):
    """What an account has; whole cents, and exactly in micro-cents (a millionth of a cent).

    Attributes:
        balance_usd_cents: Available and held.
        rate_per_minute_usd_cents: What a started minute costs this account, rounded up.
        available_usd_cents: What calls may still take.
        held_microcents: Set aside for calls that go on now.
    """

    balance_usd_cents: int
    rate_per_minute_usd_cents: int
    available_usd_cents: int
    available_microcents: int
    held_microcents: int
    rate_per_minute_microcents: int


class LedgerItem(BaseModel):
    """One posting; negative is what left.

    Attributes:
        kind: `grant`, `top_up`, `payment`, `call_held` or `call_charged`.
        microcents: Change of the balance.
        available_microcents: Change of what is available.
        held_microcents: Change of what is held.
    """

    id: str
    kind: str
    created_at: float
    session_id: str | None
    note: str | None
    microcents: int
    available_microcents: int
    held_microcents: int


class PackageItem(BaseModel):
    """What can be bought; `credits` are cents."""

    id: str
    name: str
    price_usd: float
    credits: int
    description: str


class TopUp(BaseModel):
    """Credits for an account, by hand.

    Attributes:
        account_id: Whose; or
        email: of one who logs in there.
        key: The same key again gives nothing.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "ada@example.com", "amount_usd_cents": 500, "key": "ticket-17"}]}
    )

    account_id: Annotated[str | None, Field(min_length=1, max_length=36)] = None
    email: Annotated[str | None, Field(min_length=3, max_length=320)] = None
    amount_usd_cents: Annotated[int, Field(ge=1, le=100_000_00)]
    key: Annotated[str, Field(min_length=1, max_length=100)]
    note: Annotated[str | None, Field(max_length=200)] = None

    @model_validator(mode="after")
    def _one_account(self) -> "TopUp":
        if (self.account_id is None) == (self.email is None):
            raise ValueError("give account_id or email")
        return self


class TopUpDone(BaseModel):
    """What an account has after a top-up; `applied` is false if the key was used before."""

    account_id: str
    applied: bool
    balance_usd_cents: int


class Received(BaseModel):
    """The provider need not tell it again."""

    received: Literal[True] = True
