"""What the original has removed: 410, with what to use instead."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

_REMOVED = (
    ("POST", "/api/v1/organizations/{org_id}/billing/assign-credits"),
    ("GET", "/api/v1/billing/balance-history"),
    ("GET", "/billing/balance-history"),
)


def gone_router() -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)
    for method, path in _REMOVED:
        router.add_api_route(path, _gone, methods=[method])
    return router


def _gone() -> JSONResponse:
    return JSONResponse({"detail": "This route was removed; see /api/v1/billing/credit-balance."}, 410)
