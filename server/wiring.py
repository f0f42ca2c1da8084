"""Puts the server together: the one place where control plane and media plane meet."""

import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from kit.clock import Clock
from pipeline.ports import LanguageModel
from providers.embedded.gguf import installed
from server.app import build_app
from server.call_log import CallLog
from server.call_meter import MeteredCalls
from server.flow_store import FlowStore
from server.identity import build_identity, make_local_account
from server.media import MediaPlane
from server.money import build_money
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
    media = MediaPlane(flows, call_log, settings.inference_threads, settings.record, _llm_maker(settings))

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


def _llm_maker(settings: Settings) -> Callable[[], LanguageModel] | None:
    """Choose the language model: the one at `LLM_BASE_URL`, else the one that `make llm` fetched, else none."""
    if settings.llm_base_url:
        return partial(_remote_llm, settings, settings.llm_base_url)
    path = installed(settings.data_dir / "models") if settings.local_llm else None
    if path is None or importlib.util.find_spec("xllamacpp") is None:
        return None
    return partial(_local_llm, path)


def _remote_llm(settings: Settings, base_url: str) -> LanguageModel:
    """Import the SDK only where it is used: it costs a second."""
    from providers.openai.llm import OpenAiLlm

    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else "none"
    return OpenAiLlm(base_url=base_url, api_key=key, model=settings.llm_model or "default")


def _local_llm(path: Path) -> LanguageModel:
    """Load the model; as above."""
    from providers.embedded.llm import EmbeddedLlm

    return EmbeddedLlm(path)
