"""Puts the server together: the one place where control plane and media plane meet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial

import structlog
from fastapi import FastAPI

from control_api.catalogue.rows import catalogue
from control_api.route_table import add_routes
from kit.clock import Clock
from server.account_choice import AccountChoices
from server.account_flows import AccountFlows
from server.agent_calls import AgentCalls
from server.app import build_app
from server.call_flows import CallFlows
from server.call_log import CallLog
from server.call_meter import MeteredCalls
from server.call_records import CallRecords
from server.database import opened
from server.flow_store import FlowStore
from server.identity import build_identity
from server.key_check import VendorKeyCheck
from server.media import MediaPlane
from server.money import build_money
from server.phones import build_phones
from server.provider_registry import local_model
from server.provider_settings import local_llm_path, server_choice
from server.recording_uploads import RecordingUploads
from server.s3_store import s3_recordings
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
    uploads = _uploads(settings)
    flows, call_log = FlowStore(settings.flows_dir), CallLog(settings.data_dir, uploads)
    call_log.load()
    database = Database(settings.database_address)
    named, records = AccountFlows(database, flows), CallRecords(database)
    money = build_money(settings, database, call_log)
    choice, local = server_choice(settings), local_llm_path(settings)
    identity = build_identity(settings, database, welcome=money.welcome, keys=VendorKeyCheck(choice))
    media = MediaPlane(
        CallFlows(named).of,
        flows,
        call_log,
        settings.inference_threads,
        settings.record,
        choice,
        AccountChoices(database, identity.vault, choice).of,
        partial(local_model, local) if local is not None else None,
        settings.speech_cache_bytes,
        agent_of=AgentCalls(database, catalogue(), named, settings.data_dir / "noise").of,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        own = settings.has_own_account
        carrying = uploads.open() if uploads is not None else nullcontext()
        async with opened(database, has_own_account=own), money.open(), carrying, media.open(), phones.open():
            made_up = await records.catch_up(await asyncio.to_thread(call_log.call_ids), call_log.stored)
            log.info("records_ready", made_up=made_up)
            yield

    calls = MeteredCalls(media, money.billing, Clock())
    app = build_app(settings, calls, flows, call_log, live, identity, named, lifespan=lifespan)
    money.billing.on_charge = app.state.metrics.observe_charge
    phones = build_phones(settings, identity, named, app.state.desk, live)
    app.state.placer = phones.placer
    app.state.sample_voice = media.sample
    add_routes(app, *money.routers, *phones.routers)
    return app


def _uploads(settings: Settings) -> RecordingUploads | None:
    store = s3_recordings(settings)
    folder, most_bytes = settings.data_dir / "recordings", settings.recordings_disk_mb * 10**6
    return None if store is None else RecordingUploads(folder, store, most_bytes)
