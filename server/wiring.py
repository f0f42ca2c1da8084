"""Puts the server together: the one place where control plane and media plane meet."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
from fastapi import FastAPI

from kit.clock import Clock
from pipeline.ports import LanguageModel
from providers.embedded.gguf import installed
from server.account_flows import AccountFlows
from server.app import build_app
from server.call_flows import CallFlows
from server.call_log import CallLog
from server.call_meter import MeteredCalls
from server.call_records import CallRecords
from server.database import opened
from server.flow_store import FlowStore
from server.identity import build_identity
from server.media import MediaPlane
from server.money import build_money
from server.settings import Settings
from storage.engine import Database
from transports.live import LiveCalls

log = structlog.get_logger(__name__)


def build(settings: Settings, live: LiveCalls) -> FastAPI:
    """Build the server that `settings` describe; models are loaded when it starts.

    Args:
        settings: What the operator decided.
        live: What a shutdown waits for.
    """
    flows, call_log = FlowStore(settings.flows_dir), CallLog(settings.data_dir)
    call_log.load()
    database = Database(settings.database_address)
    named, records, money = AccountFlows(database, flows), CallRecords(database), build_money(settings, database)
    media = MediaPlane(
        CallFlows(named).of,
        call_log,
        settings.inference_threads,
        settings.record,
        _llm_maker(settings),
        settings.speech_cache_bytes,
        flows,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(database, has_own_account=settings.has_own_account), money.open(), media.open():
            made_up = await records.catch_up(await asyncio.to_thread(list, call_log.all_reports()))
            log.info("records_ready", made_up=made_up)
            yield

    identity = build_identity(settings, database, welcome=money.welcome)
    calls = MeteredCalls(media, money.billing, Clock())
    app = build_app(settings, calls, flows, call_log, live, identity, named, lifespan=lifespan)
    money.billing.on_charge = app.state.metrics.observe_charge
    for router in money.routers:
        app.include_router(router)
    return app


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
