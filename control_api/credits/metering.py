"""A running call and its money: hold ahead, capture what was used, settle at the end (docs/adr/0016).

Every function computes from the whole time of the call, under the lock of its meter, so that a step may be repeated.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.credits import pricing
from kit.errors import InsufficientCreditsError
from kit.money import MICROCENTS
from storage.repositories import call_meters, ledger
from storage.repositories.ledger import Book, Posting
from storage.tables.call_meter import CallMeter

LEASE_TICKS = 3  # a meter that missed so many belongs to a dead process


@dataclass(frozen=True, slots=True)
class MeteredCall:
    """What is metered.

    Attributes:
        rate: Micro-cents a minute.
        tick_s: How far ahead is held.
        about: What is to be known of it if its process dies, as JSON values.
    """

    call_id: str
    account_id: str
    rate: int
    tick_s: int
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a call has taken so far, in micro-cents."""

    captured: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """Money to be moved for a call, in micro-cents; none is negative.

    Attributes:
        hold: From available to held.
        capture: From held to revenue, also of what is held just now.
        release: From held back to available.
    """

    hold: int
    capture: int
    release: int = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """A call that is over; `about` is what was to be known of it."""

    call_id: str
    account_id: str
    started_at: datetime.datetime
    ended_at: datetime.datetime
    elapsed_ms: int
    charge: int
    about: Mapping[str, Any] = field(default_factory=dict)


# --- decisions ------------------------------------------------------------------------------------------------------
def next_tick(call: MeteredCall, spent: Spent, available: int, seconds: int) -> Step:
    """Decide what to move when a call has gone on for `seconds` in all."""
    paid = spent.captured + spent.held
    hold = max(0, min(pricing.used(call.rate, seconds + call.tick_s) - paid, available))
    capture = max(0, min(pricing.used(call.rate, seconds), paid + hold) - spent.captured)
    return Step(hold, capture)


def settlement(rate: int, spent: Spent, available: int, seconds: int) -> Step:
    """Decide what to move when a call is over: started minutes are charged, as far as there is money."""
    due = max(0, pricing.charge(rate, seconds) - spent.captured)
    hold = max(0, min(due - spent.held, available))
    capture = min(due, spent.held + hold)
    return Step(hold, capture, spent.held + hold - capture)


def after(spent: Spent, step: Step) -> Spent:
    """Return what is spent once a step is done."""
    return Spent(spent.captured + step.capture, spent.held + step.hold - step.capture - step.release)


# --- deeds ----------------------------------------------------------------------------------------------------------
async def start(session: AsyncSession, call: MeteredCall, at: datetime.datetime) -> int | None:
    """Open the meter of a call and hold its first tick; a call that has one keeps it.

    Returns:
        For how many seconds it is paid; None if it costs nothing.

    Raises:
        InsufficientCreditsError: Less than a cent is available.
    """
    meter = await call_meters.locked(session, call.call_id)
    if meter is None:
        balance = await ledger.lock(session, call.account_id)
        if call.rate and balance.available < MICROCENTS:
            raise InsufficientCreditsError
        meter = CallMeter(
            id=call.call_id,
            account_id=call.account_id,
            rate_microcents=call.rate,
            started_at=at,
            last_tick_at=at,
            elapsed_ms=0,
            captured=0,
            held=0,
            postings=0,
            ended_at=None,
            about=dict(call.about),
        )
        session.add(meter)
    return await _go_on(session, meter, call, at)


async def tick(session: AsyncSession, call: MeteredCall, elapsed_ms: int, at: datetime.datetime) -> int | None:
    """Capture what a running call has used, hold the next tick, renew the lease.

    A meter that was closed although its call goes on (its process was slow) is opened again; a tick that comes late,
    after its call's end, changes nothing.

    Returns:
        For how many seconds the call is paid in all; None if it costs nothing.
    """
    meter = await call_meters.locked(session, call.call_id)
    assert meter is not None, "a call ticks after its start"
    if meter.ended_at is not None and elapsed_ms <= meter.elapsed_ms:
        return pricing.paid_for_s(meter.rate_microcents, meter.captured + meter.held)
    meter.elapsed_ms = max(meter.elapsed_ms, elapsed_ms)
    meter.ended_at = None
    return await _go_on(session, meter, call, at)


async def stop(session: AsyncSession, call_id: str, elapsed_ms: int) -> Bill | None:
    """Charge a call that is over and release the rest; returns None if that was done before."""
    meter = await call_meters.locked(session, call_id)
    if meter is None or (meter.ended_at is not None and elapsed_ms <= meter.elapsed_ms):
        return None
    meter.elapsed_ms = max(meter.elapsed_ms, elapsed_ms)
    return await _settle(session, meter)


async def orphans(session: AsyncSession, now: datetime.datetime, tick_s: int) -> Sequence[str]:
    """Return the calls, of every account, whose process seems dead."""
    return await call_meters.not_heard_of_since(session, _silence(now, tick_s))


async def reap(session: AsyncSession, call_id: str, now: datetime.datetime, tick_s: int) -> Bill | None:
    """End an orphan at its last tick; returns None if it turns out to be none."""
    meter = await call_meters.locked(session, call_id)
    if meter is None or meter.ended_at is not None or meter.last_tick_at >= _silence(now, tick_s):
        return None
    return await _settle(session, meter)


def _silence(now: datetime.datetime, tick_s: int) -> datetime.datetime:
    return now - datetime.timedelta(seconds=LEASE_TICKS * tick_s)


async def _settle(session: AsyncSession, meter: CallMeter) -> Bill:
    balance = await ledger.lock(session, meter.account_id)
    spent = Spent(meter.captured, meter.held)
    step = settlement(meter.rate_microcents, spent, balance.available, meter.elapsed_ms // 1000)
    meter.ended_at = meter.started_at + datetime.timedelta(milliseconds=meter.elapsed_ms)
    await _move(session, meter, step, "call_charged", meter.ended_at)
    times = meter.started_at, meter.ended_at, meter.elapsed_ms
    return Bill(meter.id, meter.account_id, *times, meter.captured, meter.about)


async def _go_on(session: AsyncSession, meter: CallMeter, call: MeteredCall, at: datetime.datetime) -> int | None:
    call = replace(call, rate=meter.rate_microcents)  # the price of a call does not change while it runs
    balance = await ledger.lock(session, call.account_id)
    step = next_tick(call, Spent(meter.captured, meter.held), balance.available, meter.elapsed_ms // 1000)
    meter.last_tick_at = at
    await _move(session, meter, step, "call_held", at)
    return pricing.paid_for_s(call.rate, meter.captured + meter.held)


async def _move(session: AsyncSession, meter: CallMeter, step: Step, kind: str, at: datetime.datetime) -> None:
    legs: dict[Book, int] = {
        ledger.available(meter.account_id): step.release - step.hold,
        ledger.held(meter.account_id): step.hold - step.capture - step.release,
        ledger.REVENUE: step.capture,
    }
    moved = {book: amount for book, amount in legs.items() if amount}
    if not moved:
        return
    meter.postings += 1
    key = f"call/{meter.id}/{meter.postings}"
    posted = await ledger.post(session, Posting(kind, key, moved, at, meter.id))
    assert posted, "postings of a call are numbered under its lock"
    spent = after(Spent(meter.captured, meter.held), step)
    meter.captured, meter.held = spent.captured, spent.held
