"""Agents as calls: what the control plane planned, in the media plane's terms."""

import asyncio
import wave
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import structlog

from control_api.agents import service
from control_api.agents.plan import Manner as PlannedManner
from control_api.agents.plan import Plan, plan
from control_api.catalogue.rows import Catalogue
from control_api.catalogue.voices import with_own
from flows.model import Flow
from kit.clock import Clock
from kit.errors import NotFoundError
from pipeline.audio.resample import Resampler
from pipeline.audio.underlay import Loop
from pipeline.manner import Manner
from pipeline.ports import Leg
from pipeline.report import CallReport
from pipeline.turns.voice_activity import Sensitivity
from server.account_flows import AccountFlows
from server.provider_choice import Choice, parse_picks
from storage.engine import Database
from transports.ports import Call, CallRequest

_WINDOW_MS = 32
_HYSTERESIS = 0.15
_MAX_LOOP_S = 60.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AgentCall:
    """What an agent's call is made of.

    Attributes:
        choice: Lies over that of the account.
        confidential: Nothing of what was said is kept.
    """

    flow: Flow
    choice: Choice
    manner: Manner
    today: str
    recorded: bool
    confidential: bool = False

    def around(self, call: Call) -> Call:
        """Return a call with what the agent has around it."""
        return Confidential(call) if self.confidential else call


class AgentCalls:
    """Finds and plans the agents of calls."""

    def __init__(self, database: Database, catalogue: Catalogue, flows: AccountFlows, noises: Path) -> None:
        self._database = database
        self._catalogue = catalogue
        self._flows = flows
        self._noises = noises
        self._clock = Clock()

    async def of(self, request: CallRequest, leg: Leg) -> AgentCall | None:
        """Return the agent of a call; None for a call of a flow.

        Raises:
            NotFoundError: `agent.not_found`, or its flow is gone.
            ConflictError: `agent.inactive`.
        """
        if request.agent_id is None:
            return None
        if request.account_id is None:
            raise NotFoundError("Agent not found", code="agent.not_found")
        async with self._database.reading(request.account_id) as session:
            agent = await service.to_call(session, request.agent_id)
            catalogue = await with_own(session, self._catalogue)
        can_transfer = leg.control is not None and "cold" in leg.control.transfers
        config = service.config_of(agent)
        planned = plan(config, catalogue, request.context, self._clock.utc(), can_transfer=can_transfer)
        flow = planned.flow
        if flow is None:
            assert planned.flow_id is not None, "a plan has the one or the other"
            flow = planned.over(await self._flows.flow(request.account_id, planned.flow_id))
        manner = await asyncio.to_thread(self._manner, planned.manner, leg.capabilities.rate_out_hz)
        return AgentCall(
            flow,
            _choice(planned),
            manner,
            planned.today,
            planned.manner.recorded,
            planned.manner.confidential,
        )

    def _manner(self, planned: PlannedManner, rate_hz: int) -> Manner:
        sensitivity = Sensitivity(
            planned.voice_threshold,
            max(0.05, planned.voice_threshold - _HYSTERESIS),
            max(1, round(planned.voice_min_ms / _WINDOW_MS)),
            max(2, round(planned.silence_min_ms / _WINDOW_MS)),
        )
        return Manner(
            planned.longest_s,
            planned.warn_before_s,
            planned.warning,
            planned.warning_by_model,
            planned.silence_s,
            planned.wait_scale,
            planned.fillers,
            sensitivity,
            planned.noise_reduction,
            self._loop(planned, rate_hz),
        )

    def _loop(self, planned: PlannedManner, rate_hz: int) -> Loop | None:
        """Read the background; one that is gone or broken costs the noise, not the call."""
        if planned.background_noise is None or planned.background_volume == 0:
            return None
        try:
            samples = _mono(self._noises / Path(planned.background_noise).name, rate_hz)
        except (OSError, EOFError, wave.Error) as error:
            log.warning("background_not_read", reason=type(error).__name__)
            return None
        return Loop(samples, planned.background_volume) if len(samples) else None


class Confidential:
    """A call of which nothing that was said is kept: no words, no values."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.receive, self.end = call.receive, call.end

    async def run(self) -> CallReport:
        """Run the call, and forget what was said in it."""
        report = await self._call.run()
        turns = tuple(replace(turn, caller="", bot="") for turn in report.turns)
        return replace(report, turns=turns, variables={})


def _choice(planned: Plan) -> Choice:
    engines = planned.engines
    return Choice(
        parse_picks("stt", engines.stt),
        parse_picks("tts", engines.tts),
        parse_picks("llm", engines.llm),
        planned.language,
    )


def _mono(path: Path, rate_hz: int) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    with wave.open(str(path)) as file:
        if file.getsampwidth() != 2:
            raise wave.Error("16 bits a sample")
        pcm = file.readframes(int(_MAX_LOOP_S * file.getframerate()))
        channels, from_hz = file.getnchannels(), file.getframerate()
    one = np.frombuffer(pcm, np.int16).reshape(-1, channels)[:, 0]
    return np.frombuffer(Resampler(from_hz, rate_hz)(one.tobytes()), np.int16)
