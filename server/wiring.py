"""Puts the server together: the one place where control plane and media plane meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from kit.clock import Clock
from server.app import build_app
from server.call_log import CallLog
from server.call_meter import MeteredCalls
from server.flow_store import FlowStore
from server.identity import build_identity, make_local_account
from server.media import MediaPlane
from server.money import build_money
from server.provider_registry import local_model
from server.provider_settings import local_llm_path, server_choice
from server.settings import Settings
from storage import schema
from storage.engine import Database
from transports.live import LiveCalls


def build(settings: Settings, live: LiveCalls) -> FastAPI:
    """Build the server that `settings` describe; models are loaded when it starts.

    Args:
        settings: What the operator decided.
        live: What a shutdown waits for.
    """
    flows, call_log = FlowStore(settings.flows_dir), CallLog(settings.data_dir)
    call_log.load()
    choice, local = server_choice(settings), local_llm_path(settings)
    media = MediaPlane(
        flows,
        call_log,
        settings.inference_threads,
        settings.record,
        choice,
        partial(local_model, local) if local is not None else None,
    )

    database = Database(settings.database_address)
    money = build_money(settings, database)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _opened(database), money.open(), media.open():
            if settings.on_loopback:
                await make_local_account(database, Clock())
            yield

    identity = build_identity(settings, database, welcome=money.welcome)
    calls = MeteredCalls(media, money.billing, Clock())
    app = build_app(settings, calls, flows, call_log, live, identity, lifespan=lifespan)
    for router in money.routers:
        app.include_router(router)
    return app


@asynccontextmanager
async def _opened(database: Database) -> AsyncIterator[None]:
    """Use the database: a file of this machine is brought up to date here, a shared server by its operator."""
    try:
        if database.is_sqlite:
            await schema.upgrade(database)
        else:
            await schema.require_current(database)
        yield
    finally:
        await database.close()
