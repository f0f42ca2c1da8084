"""What an agent's configuration means for one call. Pure.

A flow of one state is made of a free prompt; an agent with a flow runs that, in the agent's manner.
"""

import datetime
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from control_api.agents.checking import routes_of
from control_api.agents.placeholders import filled
from control_api.agents.schemas import Config
from control_api.catalogue.rows import Catalogue
from flows.engine_tools import TERMINATE, TRANSFER
from flows.model import Flow, Settings, StateDef

GENERIC_PROMPT = (
    "You are a helpful voice assistant. Answer in one to three short sentences, without lists or markup; what you "
    "write is spoken aloud. Say so when you do not know."
)
CUT_MESSAGE = "Our time is nearly over, so let us come to an end."
_WARNED_BEFORE_S = 10.0
_USUAL_END_S = 1.5
_FAREWELL = "Goodbye."
_STOPS = "When the caller has said goodbye or wants nothing more, say goodbye and call terminate_call."
_TALK = "talk"


@dataclass(frozen=True, slots=True)
class Engines:
    """Whom to call, `VENDOR:MODEL`; empty leaves it to the server."""

    llm: str = ""
    stt: str = ""
    tts: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the call is had, in the media plane's terms.

    Attributes:
        warn_before_s: So long before its end the caller is told; None for never.
        warning_by_model: The model finds the words; `warning` is for when it does not.
        wait_scale: By what the waits for the end of a turn are multiplied.
        silence_s: The caller's silence that ends the call; None leaves it to the server.
        noise_reduction: 0 (none) to 1.
        confidential: Nothing of what was said is kept.
    """

    longest_s: float
    warn_before_s: float | None
    warning: str
    warning_by_model: bool
    wait_scale: float
    silence_s: float | None
    fillers: bool
    voice_threshold: float
    voice_min_ms: int
    silence_min_ms: int
    noise_reduction: float
    background_noise: str | None
    background_volume: float
    recorded: bool
    confidential: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """One call of an agent.

    Attributes:
        flow: Made of the prompt; None where the agent runs a flow of its account.
        flow_id: That flow.
    """

    flow: Flow | None
    flow_id: str | None
    first_words: str | None
    prompt: str
    engines: Engines
    language: str
    today: str
    manner: Manner

    def over(self, flow: Flow) -> Flow:
        """Put the agent's words over an account's flow: its first words before the flow's, its prompt as its base."""
        states = dict(flow.states)
        if self.first_words:
            first = states[flow.initial_state]
            states[flow.initial_state] = replace(first, say=(self.first_words, *first.say))
        settings = replace(flow.settings, base_system_prompt=self.prompt) if self.prompt else flow.settings
        return replace(flow, states=states, settings=settings)


def plan(
    config: Config, catalogue: Catalogue, values: Mapping[str, Any], now: datetime.datetime, *, can_transfer: bool
) -> Plan:
    """Return what a call of an agent is.

    Args:
        config: As it was checked.
        catalogue: Where its models are.
        values: For placeholders.
        now: Aware.
        can_transfer: Whether the caller can be handed on; else no route is offered.
    """
    zone = zoneinfo.ZoneInfo(config.agent_specific_config.timezone)
    local = now.astimezone(zone)
    routes = routes_of(config) if can_transfer else {}
    first = config.agent.first_response_message
    said = filled(first, values).strip() if first else None
    prompt = filled(config.agent_model_config.system_prompt, values).strip()
    flow_id = config.agent.flow_id
    return Plan(
        None if flow_id else _flow(config, said, prompt, routes, local),
        flow_id,
        said,
        prompt,
        _engines(config, catalogue),
        config.tts_config.language or config.transcriber_config.language,
        local.date().isoformat(),
        _manner(config),
    )


def _engines(config: Config, catalogue: Catalogue) -> Engines:
    llm = catalogue.find("llm", config.agent_model_config.model_name)
    stt = catalogue.find("stt", config.transcriber_config.transcriber_model_name)
    tts = catalogue.find("tts", config.tts_config.tts_model_name)
    voice = catalogue.voice(tts, config.tts_config.voice_name).engine if config.tts_config.voice_name else ""
    spoken = ":".join(part for part in (tts.engine, voice) if part)
    return Engines("" if llm.engine == "default" else llm.engine, stt.engine, spoken)


def _flow(
    config: Config, said: str | None, prompt: str, routes: Mapping[str, tuple[str, str]], now: datetime.datetime
) -> Flow:
    specific = config.agent_specific_config
    stops = specific.llm_conversation_stop_enabled or specific.auto_terminate_call
    limits = (config.agent_model_config.max_tokens, specific.max_output_tokens)
    talk = StateDef(
        _TALK,
        prompt=_objective(routes, told_to_stop=specific.llm_conversation_stop_enabled),
        say=(said,) if said else (),
        engine_tools=(*((TERMINATE,) if stops else ()), *((TRANSFER,) if routes else ())),
        max_tokens=min(limit for limit in limits if limit is not None),
        temperature=config.agent_model_config.temperature,
    )
    clock = f"It is {now:%A, %d %B %Y, %H:%M} ({specific.timezone})."
    targets = {route: f"+{number}" for route, (_, number) in routes.items()}
    settings = Settings(f"{prompt or GENERIC_PROMPT}\n\n{clock}", farewell=_FAREWELL, transfer_targets=targets)
    return Flow("agent", _TALK, {_TALK: talk}, description=config.agent.name, settings=settings)


def _objective(routes: Mapping[str, tuple[str, str]], *, told_to_stop: bool) -> str:
    lines = ["Talk with the caller.", *([_STOPS] if told_to_stop else [])]
    if routes:
        lines.append(f"Put the caller through with {TRANSFER} to:")
        # What people wrote is no placeholder of the flow's.
        lines += [f"- {route}: when {filled(condition, {})}" for route, (condition, _) in routes.items()]
    return "\n".join(lines)


def _manner(config: Config) -> Manner:
    agent, specific, vad = config.agent, config.agent_specific_config, config.vad_config
    warned = specific.time_to_cut
    if warned is None and specific.message_of_cut and specific.session_timeout > _WARNED_BEFORE_S:
        warned_s: float | None = _WARNED_BEFORE_S
    else:
        warned_s = warned
    strength = specific.noise_cancellation_strength / 100 if agent.apply_noise_reduction else 0.0
    return Manner(
        longest_s=float(specific.session_timeout),
        warn_before_s=warned_s,
        warning=specific.message_of_cut or CUT_MESSAGE,
        warning_by_model=specific.end_call_message_mode == "context_aware",
        wait_scale=specific.end_of_speech_timeout / _USUAL_END_S,
        silence_s=vad.max_allowed_silence_duration or None,
        fillers=agent.tts_filler_enabled,
        voice_threshold=vad.threshold,
        voice_min_ms=vad.min_speech_duration_ms,
        silence_min_ms=vad.min_silence_duration_ms,
        noise_reduction=strength,
        background_noise=specific.background_noise_id,
        background_volume=specific.background_noise_volume / 100,
        recorded=agent.recording_enabled and not agent.hipaa_compliance,
        confidential=agent.hipaa_compliance,
    )
