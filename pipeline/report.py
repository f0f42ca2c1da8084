"""What is left of a call when it is over."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.frames.control import Span
from pipeline.incidents import Incident
from pipeline.usage import ProviderUse


@dataclass(frozen=True, slots=True)
class TurnReport:
    """One exchange: what the caller said, what of the answer was heard, and where the gap between them went.

    Attributes:
        turn: 0 is the greeting.
        caller: Empty for the greeting and for answers to the screen or to silence.
        bot: What was heard of the answer.
        gap_ms: From the caller's last voiced sample to the first audible one of the answer; None if nobody had spoken.
        at_s: When the spans begin, since the call began: the caller's last voiced sample, or when the answer became
            due. None where there was no answer.
        caller_s: How long the caller spoke before `at_s`.
        bot_s: From the first to the last that was heard of the answer; None if nothing was.
        failures: Kinds of provider that failed on the way (`stt`, `end_of_turn`, `llm`, `tts`), once each time.
        saved_ms: How much sooner the answer came because it was begun before the turn was over; None if it was not.
        reasons: What went wrong with providers before the answer was heard: `llm provider.late hedged`.
    """

    turn: int
    caller: str
    bot: str
    gap_ms: float | None
    spans: tuple[Span, ...] = ()
    interrupted: bool = False
    at_s: float | None = None
    caller_s: float | None = None
    bot_s: float | None = None
    failures: tuple[str, ...] = ()
    saved_ms: float | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallReport:
    """A whole call.

    Attributes:
        end_reason: `completed`, `peer_gone`, `idle`, `peer_too_slow`, `server_stopping`, `internal`, or the flow's own.
        completed: The flow reached its end.
        usage: What was used of each provider, for billing.
        incidents: What went wrong with providers, and what was done about it.
    """

    call_id: str
    flow_id: str
    started_at: datetime.datetime
    duration_s: float
    end_reason: str
    completed: bool
    variables: Mapping[str, Any]
    turns: tuple[TurnReport, ...]
    usage: tuple[ProviderUse, ...] = ()
    incidents: tuple[Incident, ...] = ()
