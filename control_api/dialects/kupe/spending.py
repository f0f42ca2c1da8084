"""`/api/v1/billing`: what calls used and cost."""

import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from control_api.access import Reading
from control_api.call_history import service
from control_api.call_history.figures import usd
from control_api.credits import service as credits_service
from control_api.dialects.kupe.access import GUARDED, Allowed, uuid_of
from control_api.dialects.kupe.calls import CallHost
from control_api.dialects.kupe.errors import declared
from control_api.dialects.kupe.periods import Period, since_of
from control_api.principal import LOCAL_ACCOUNT_ID
from control_api.route_table import add_routes
from storage.repositories import call_history
from storage.repositories.call_history import Filter, Sums

Json = dict[str, Any]
_BUCKET_DAYS: dict[str, int] = {"day": 1, "week": 1, "month": 1, "4months": 7, "year": 30}
_MAX_RECORDS = 100
_USED = (
    "request_id",
    "call_session_id",
    "agent_id",
    "session_type",
    "started_at",
    "duration_s",
    "usage",
    "cost_usd",
)


def spending_router(host: CallHost) -> APIRouter:
    """Return the routes, under their own prefix and the old one without `/api/v1`."""
    router = APIRouter()
    for prefix in ("/api/v1/billing", "/billing"):
        part = APIRouter(prefix=prefix, tags=["kupe"], dependencies=GUARDED, responses=declared())
        _records(part, host)
        _sums(part, host)
        add_routes(router, part)
    return router


def _records(router: APIRouter, host: CallHost) -> None:
    @router.get("/usage-records")
    async def usage_records(session: Reading) -> list[Json]:
        """List what the newest calls used."""
        found = await service.page(session, Filter(), 0, _MAX_RECORDS, host.links, host.clock.utc())
        return [_usage(row) for row in found.items]

    @router.get("/usage/records")
    async def grouped_records(  # noqa: PLR0913  the contract's own parameters
        session: Reading,
        time_filter: Annotated[Period, Query()] = "all",
        usage_type: Annotated[Literal["calls", "chat", "embedding"] | None, Query()] = None,
        search: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
        limit: Annotated[int, Query(ge=1, le=_MAX_RECORDS)] = 50,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
        page: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
        page_size: Annotated[int, Query(ge=1, le=_MAX_RECORDS)] = 50,
    ) -> Json:
        """List what calls used, call by call; `search` is a request id."""
        if usage_type not in (None, "calls"):
            return {"grouped_sessions": [], "total": 0, "limit": limit, "offset": offset}
        if page is not None:
            limit, offset = page_size, (page - 1) * page_size
        now = host.clock.utc()
        wanted = Filter(request_id=search or None, since=since_of(time_filter, now))
        found = await service.page(session, wanted, offset, limit, host.links, now)
        rows = [_usage(row) for row in found.items]
        return {"grouped_sessions": rows, "total": found.total, "limit": limit, "offset": offset}

    @router.get("/usage/sessions/{session_id}", responses=declared(404))
    async def session_usage(session_id: str, session: Reading) -> Json:
        """Tell what one call used."""
        wanted = uuid_of(session_id, "session_id")
        return _usage(await service.by_request(session, wanted, host.links, host.clock.utc()))


def _sums(router: APIRouter, host: CallHost) -> None:
    @router.get("/usage/summary")
    async def usage_summary(session: Reading, time_period: Annotated[Period, Query()] = "all") -> Json:
        """Add up calls, as a whole and in buckets."""
        now = host.clock.utc()
        since = since_of(time_period, now)
        told = _told(await call_history.sums(session, Filter(since=since)))
        buckets: list[Json] = []
        if since is not None:
            step = datetime.timedelta(days=_BUCKET_DAYS[time_period])
            while since < now:
                sums = await call_history.sums(session, Filter(since=since, until=since + step))
                buckets.append({"from": since.isoformat()} | _told(sums))
                since += step
        return {"time_period": time_period, "totals": told, "buckets": buckets}

    @router.get("/usage/overview")
    async def usage_overview(session: Reading) -> Json:
        """Add up all calls, and those of this month."""
        month = host.clock.utc().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return {
            "total": _told(await call_history.sums(session, Filter())),
            "this_month": _told(await call_history.sums(session, Filter(since=month))),
        }

    @router.get("/credit-balance")
    async def credit_balance(who: Allowed, session: Reading) -> Json:
        """Tell what is left; there is no monthly cap."""
        available = 0
        if who.account_id != LOCAL_ACCOUNT_ID:
            available = (await credits_service.balance(session, who.account_id)).available
        left = usd(available)
        return {"credit_balance_usd": left, "available_balance_usd": left, "monthly_cap_usd": None}


def _usage(row: Json) -> Json:
    return {key: row[key] for key in _USED}


def _told(sums: Sums) -> Json:
    return {"calls": sums.calls, "duration_s": round(sums.duration_s, 3), "cost_usd": usd(sums.microcents)}
