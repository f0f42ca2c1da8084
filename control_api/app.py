"""The application of the control plane; `server/app.py` adds the media plane's routes and the page."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import FastAPI

from control_api import errors
from control_api.accounts.by_mail import ByMail
from control_api.accounts.oauth_login import OAuthLogin
from control_api.auth import Authenticator
from control_api.body_limit import BodyLimit
from control_api.calls.routes import call_router
from control_api.cors import PublicCors
from control_api.dialects.prepatu.auth_routes import auth_router
from control_api.dialects.prepatu.flow_routes import flow_router as account_flow_router
from control_api.dialects.prepatu.mail_routes import mail_router
from control_api.dialects.prepatu.oauth_routes import oauth_router
from control_api.dialects.prepatu.provider_routes import provider_router
from control_api.dialects.prepatu.sessions import SessionHost, session_router
from control_api.dialects.prepatu.verify_page import verify_page_router
from control_api.dialects.prepatu.version_routes import version_router
from control_api.dialects.table import ERROR_BODIES, encoder_for, is_public, status_for
from control_api.flows.routes import flow_router
from control_api.health.routes import health_router
from control_api.ports import CallArchive, FlowCatalogue, ServerState, UtcClock
from control_api.providers.service import KeyCheck
from control_api.providers.vault import Vault
from control_api.route_table import add_routes

MAX_BODY_BYTES = 1024 * 1024


class Lifespan(Protocol):
    """Opens what the server needs before its first request and closes it after the last."""

    def __call__(self, app: FastAPI, /) -> AbstractAsyncContextManager[None]:
        """Return the context in which `app` runs."""


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """What the routes work with.

    Attributes:
        frontend_url: Where people are sent who have logged in elsewhere.
        keys: Looks at providers' keys that accounts bring.
        database_problem: Says what is wrong with the database, if anything is.
    """

    catalogue: FlowCatalogue
    archive: CallArchive
    state: ServerState
    sessions: SessionHost
    authenticator: Authenticator
    by_mail: ByMail
    oauth: OAuthLogin
    frontend_url: str
    vault: Vault
    keys: KeyCheck
    clock: UtcClock
    database_problem: Callable[[], Awaitable[str | None]]
    version: str


class _ControlApp(FastAPI):
    """Describes the errors of all dialects in its OpenAPI document, once each."""

    def openapi(self) -> dict[str, Any]:
        """Return the document, which is built once."""
        if self.openapi_schema is None:
            super().openapi()["components"]["schemas"] |= errors.schemas_of(ERROR_BODIES)
        assert self.openapi_schema is not None
        return self.openapi_schema


def build_control_app(plane: ControlPlane, lifespan: Lifespan | None = None) -> FastAPI:
    """Return the application with all routes of the control plane."""
    # FastAPI's own /docs would load its scripts from elsewhere; ours (`server.pages`) works offline.
    app = _ControlApp(
        title="Antiphon",
        version=plane.version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.authenticator = plane.authenticator
    errors.install(app, encoder_for, status_for)
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES, encoder_of=encoder_for)
    app.add_middleware(PublicCors, is_public=is_public)
    add_routes(
        app,
        health_router(plane.state, plane.clock, plane.version, plane.database_problem),
        flow_router(plane.catalogue),
        call_router(plane.archive),
        auth_router(plane.by_mail, plane.oauth, plane.clock),
        mail_router(plane.by_mail),
        verify_page_router(plane.by_mail, plane.frontend_url),
        oauth_router(plane.oauth, plane.frontend_url),
        session_router(plane.sessions),
        account_flow_router(plane.clock),
        version_router(plane.clock),
        provider_router(plane.vault, plane.clock, plane.keys),
    )
    return app
