"""Whether an agent can be called as it is configured; what cannot have its effect is refused with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import ValidationError

from control_api.agents.schemas import Config
from control_api.catalogue.rows import Catalogue, Kind, Row, require_language
from kit.errors import InputError


class NoiseAssets(Protocol):
    """The background noises of this server."""

    def names(self) -> Sequence[str]:
        """Return their file names, sorted."""


class ConfigInvalidError(InputError):
    """Parts of a configuration are not as they must be.

    Attributes:
        errors: As pydantic lists them.
    """

    code = "agent.invalid"

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Keep what is wrong."""
        super().__init__("The configuration is not as it must be.")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Checks:
    """What a configuration is checked against."""

    catalogue: Catalogue
    noises: NoiseAssets
    guard: bool = field(default=True)


def checked(document: Mapping[str, Any], checks: Checks) -> Config:
    """Return the configuration that a document says, with names resolved.

    Raises:
        ConfigInvalidError: A field is missing, or out of its bounds.
        InputError: It names what is not there, or wants what cannot be done here.
    """
    try:
        config = Config.model_validate(document)
    except ValidationError as error:
        raise ConfigInvalidError(error.errors(include_url=False, include_input=False, include_context=False)) from error
    _models(config, checks.catalogue)
    _languages(config, checks.catalogue)
    _refuse(config)
    noise = config.agent_specific_config.background_noise_id
    if noise is not None:
        config.agent_specific_config.background_noise_id = _noise(noise, checks.noises.names())
    return config


def callable_row(catalogue: Catalogue, kind: Kind, wanted: str) -> Row:
    """Resolve a model that this server can call.

    Raises:
        InputError: There is none, or no adapter for it.
    """
    row = catalogue.find(kind, wanted)
    if not row.engine:
        text = f"{row.model_name} of {row.provider_name} cannot be called: this server has no adapter for it."
        raise InputError(text, code="catalogue.no_adapter")
    return row


def _models(config: Config, catalogue: Catalogue) -> None:
    """Put the catalogue's names where a UUID or another name stood."""
    model, tts = config.agent_model_config, config.tts_config
    model.model_name = callable_row(catalogue, "llm", model.model_name).model_name
    voice_row = callable_row(catalogue, "tts", tts.tts_model_name)
    tts.tts_model_name = voice_row.model_name
    if tts.voice_name is not None:
        tts.voice_name = catalogue.voice(voice_row, tts.voice_name).name
    ears = config.transcriber_config
    ears.transcriber_model_name = callable_row(catalogue, "stt", ears.transcriber_model_name).name
    config.vad_config.vad_provider_id = callable_row(catalogue, "vad", config.vad_config.vad_provider_id).id


def _languages(config: Config, catalogue: Catalogue) -> None:
    heard, tts = config.transcriber_config, config.tts_config
    require_language(catalogue.find("stt", heard.transcriber_model_name), heard.language)
    voice_row = catalogue.find("tts", tts.tts_model_name)
    spoken = tts.language or heard.language
    require_language(voice_row, spoken)
    if heard.language.lower() != "multi" and _base(spoken) != _base(heard.language):
        text = f"An agent hears and speaks one language; it hears '{heard.language}' and would speak '{spoken}'."
        raise InputError(text, code="agent.two_languages")


def _refuse(config: Config) -> None:
    """Refuse what would have no effect."""
    specific = config.agent_specific_config
    parameters = {key: value for key, value in config.tts_config.voice_parameters.items() if value is not None}
    flow, free = config.agent.flow_id, "an agent with a flow leaves that to the flow"
    stops = specific.llm_conversation_stop_enabled or specific.auto_terminate_call
    problems = {
        "agent_specific_config.caller_gender_detection_enabled: nothing here guesses a caller's gender": (
            specific.caller_gender_detection_enabled
        ),
        "vad_config.sampling_rate: the detector works at 16000 Hz": config.vad_config.sampling_rate != 16_000,
        "inferencing_config: there is nothing to set here": bool(config.inferencing_config),
        "tools: no tools can be attached yet": bool(config.tools),
        "tts_config.voice_parameters: only speed 1.0 can be had here": (
            bool(parameters) and not (parameters.keys() == {"speed"} and parameters["speed"] in (1, 1.0))
        ),
        f"agent_specific_config.auto_terminate_call: {free}": bool(flow) and stops,
        f"agent_specific_config.inbound_transfer_routes: {free}": bool(flow) and bool(routes_of(config)),
        "agent_specific_config.time_to_cut: must be less than session_timeout": (
            specific.time_to_cut is not None and specific.time_to_cut >= specific.session_timeout
        ),
    }
    for text, holds in problems.items():
        if holds:
            raise InputError(text, code="agent.refused")


def routes_of(config: Config) -> Mapping[str, tuple[str, str]]:
    """Return the routes that are offered: when to take each, and its number; the old single route counts alone."""
    specific = config.agent_specific_config
    offered = {
        route.route_id or "": (route.condition_when_to_transfer, route.phone_number)
        for route in specific.inbound_transfer_routes
        if route.enabled
    }
    number = "".join(filter(str.isdigit, specific.inbound_transfer_call_number or ""))
    if not specific.inbound_transfer_routes and number:
        condition = specific.inbound_transfer_trigger_condition or "The caller asks for a person."
        return {"default": (condition, number)}
    return offered


def _noise(wanted: str, names: Sequence[str]) -> str:
    for name in names:
        if wanted in (name, name.rpartition(".")[0]):
            return name
    there = ", ".join(names) or "none on this server"
    raise InputError(f"No background noise '{wanted}'; there are: {there}.", code="agent.unknown_noise")


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()
