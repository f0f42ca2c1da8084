"""Puts the server together: the one place where control plane and media plane meet."""

from contextlib import AbstractAsyncContextManager
from functools import partial

from fastapi import FastAPI

from pipeline.ports import LanguageModel
from server.app import build_app
from server.call_log import CallLog
from server.flow_store import FlowStore
from server.media import MediaPlane
from server.settings import Settings
from transports.live import LiveCalls


def build(settings: Settings, live: LiveCalls) -> FastAPI:
    """Build the server that `settings` describe; models are loaded when it starts.

    Args:
        settings: What the operator decided.
        live: What a shutdown waits for.
    """
    flows, call_log = FlowStore(settings.flows_dir), CallLog(settings.data_dir)
    call_log.load()
    new_llm = partial(_llm, settings) if settings.llm_base_url else None
    media = MediaPlane(flows, call_log, settings.inference_threads, settings.record, new_llm)

    def lifespan(app: FastAPI) -> AbstractAsyncContextManager[None]:
        return media.open()

    return build_app(settings, media, flows, call_log, live, lifespan=lifespan)


def _llm(settings: Settings) -> LanguageModel:
    """Make the model behind `LLM_BASE_URL`; the SDK is imported only here, by those who use it."""
    from providers.openai.llm import OpenAiLlm

    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else "none"
    return OpenAiLlm(base_url=settings.llm_base_url or "", api_key=key, model=settings.llm_model or "default")
