"""Agents and the catalogue as Kupe's clients read them."""

from collections.abc import Iterable
from typing import Any

from control_api.agents.schemas import Config
from control_api.agents.service import config_of
from control_api.catalogue.reach import CanCall
from control_api.catalogue.rows import Catalogue, Kind, Row, Voice
from storage.tables.agent import Agent
from storage.tables.agent_version import AgentVersion

Json = dict[str, Any]


def full(agent: Agent, catalogue: Catalogue) -> Json:
    """Return an agent with its configurations."""
    config = config_of(agent)
    return {
        "agent": _agent(agent, config),
        "configurations": _configurations(config, catalogue),
        "validation_status": "valid",
        "version": agent.version,
    }


def summary(agent: Agent) -> Json:
    """Return an agent for a listing."""
    config = config_of(agent)
    return {
        "id": agent.id,
        "name": agent.name,
        "description": config.agent.description,
        "is_active": agent.is_active,
        "model_name": config.agent_model_config.model_name,
        "tts_model_name": config.tts_config.tts_model_name,
        "transcriber_model_name": config.transcriber_config.transcriber_model_name,
        "flow_id": config.agent.flow_id,
        "version": agent.version,
        "created_at": agent.created_at.isoformat(),
        "updated_at": agent.updated_at.isoformat(),
    }


def version(row: AgentVersion) -> Json:
    """Return a version for a listing."""
    return {
        "version": row.number,
        "created_at": row.made_at.isoformat(),
        "author": row.made_by,
        "note": row.note,
        "name": row.config["agent"]["name"],
    }


def row(model: Row, can_call: CanCall) -> Json:
    """Return a model of the catalogue."""
    return {
        "id": model.id,
        "name": model.name,
        "provider_name": model.provider_name,
        "model_name": model.model_name,
        "is_large_model": model.is_large_model,
        "default_temperature": model.default_temperature if model.kind == "llm" else None,
        "api_base": model.api_base,
        "is_default": model.is_default,
        "supported_languages": list(model.languages),
        "available": can_call(model),
    }


def rows(catalogue: Catalogue, kind: Kind, can_call: CanCall) -> list[Json]:
    """Return all models of a kind."""
    return [row(each, can_call) for each in catalogue.rows[kind]]


def voices(found: Iterable[Voice], can_call: CanCall) -> list[Json]:
    """Return voices."""
    return [voice(each, can_call) for each in found]


def voice(each: Voice, can_call: CanCall) -> Json:
    """Return a voice."""
    return {
        "id": each.id,
        "name": each.name,
        "voice_name": each.name,
        "provider_id": each.tts.id,
        "provider_name": each.tts.provider_name,
        "tts_model_name": each.tts.model_name,
        "language": each.language,
        "available": each.can_speak and can_call(each.tts),
    }


def _agent(agent: Agent, config: Config) -> Json:
    return config.agent.model_dump(mode="json") | {
        "id": agent.id,
        "user_id": agent.made_by or agent.account_id,
        "created_at": agent.created_at.isoformat(),
        "updated_at": agent.updated_at.isoformat(),
    }


def _configurations(config: Config, catalogue: Catalogue) -> Json:
    """Say `model_config` where the request says `agent_model_config`."""
    model = catalogue.find("llm", config.agent_model_config.model_name)
    tts = catalogue.find("tts", config.tts_config.tts_model_name)
    ears = catalogue.find("stt", config.transcriber_config.transcriber_model_name)
    values = config.model_dump(mode="json")
    spoken = {"language": config.tts_config.language} if config.tts_config.language else {}
    return {
        "model_config": values["agent_model_config"]
        | {"model_provider_id": model.id, "provider_name": model.provider_name},
        "tts_config": values["tts_config"]
        | {"tts_provider_id": tts.id, "provider_name": tts.provider_name}
        | {"voice_parameters": values["tts_config"]["voice_parameters"] | spoken},
        "transcriber_config": values["transcriber_config"]
        | {"provider_id": ears.id, "provider_name": ears.provider_name, "model_name": ears.model_name},
        "vad_config": values["vad_config"],
        "inferencing_config": values["inferencing_config"],
        "tools": values["tools"],
        "agent_specific_config": values["agent_specific_config"],
    }
