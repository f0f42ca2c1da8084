"""Words for telephone calls that the control plane and all carriers share."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class CallStatus(enum.StrEnum):
    """Where a call is at its carrier."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after it."""
        return self not in (CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS)


class AnsweredBy(enum.StrEnum):
    """Who took a call: Twilio's words, used for all carriers."""

    HUMAN = "human"
    MACHINE_START = "machine_start"
    MACHINE_END_BEEP = "machine_end_beep"
    MACHINE_END_SILENCE = "machine_end_silence"
    MACHINE_END_OTHER = "machine_end_other"
    FAX = "fax"
    UNKNOWN = "unknown"

    @property
    def is_machine(self) -> bool:
        """Whether nobody listens."""
        return self not in (AnsweredBy.HUMAN, AnsweredBy.UNKNOWN)


class MachinePolicy(enum.StrEnum):
    """What to do when a machine answers."""

    CONTINUE = "continue"
    HANG_UP = "hang_up"
    LEAVE_MESSAGE = "leave_message"


@dataclass(frozen=True, slots=True)
class Answering:
    """What to do when something else than a person takes a call that we made.

    Attributes:
        message: What is left after the beep, if the policy says so.
        introduction: What is told to a helper that asks who calls and why; empty: the opening line once more.
    """

    policy: MachinePolicy = MachinePolicy.CONTINUE
    message: str = ""
    introduction: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a carrier says of a call, by callback or when asked.

    Attributes:
        sequence: Its place among the carrier's callbacks of the call, which may come in any order; None if not told.
        duration_s: Of the talk, once it is over.
    """

    status: CallStatus
    sequence: int | None = None
    duration_s: int | None = None
    answered_by: AnsweredBy | None = None


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """A call by its carrier's name, as somebody tells of it.

    Attributes:
        line_id: The line that proved to know its carrier, which can tell of its own calls only; None: the connection
            that the operator set up, which tells of all lines of that carrier.
        renames: The carrier may have given another name when the call was ordered: this one counts from now on.
    """

    carrier: str
    name: str
    line_id: str | None
    renames: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class DialOrder:
    """One call to be made, as a carrier needs to know it.

    Attributes:
        intent_id: Ours; a carrier that can carry it, gives it back in callbacks and listings.
        to: E.164.
        media_token: Goes into the path of the media socket's address (`telephony.ports.MediaTickets`).
        ring_timeout_s: After so long it counts as not answered.
        time_limit_s: The carrier ends the call then.
        detect_machine: Whether the carrier shall say who answered, if it can.
        wait_for_beep: Whether it shall say so at the end of a machine's greeting.
        parameters: For the media stream's start, where the carrier has such.
    """

    intent_id: str
    to: str
    media_token: str = field(repr=False)
    ring_timeout_s: int = 30
    time_limit_s: int = 3600
    detect_machine: bool = False
    wait_for_beep: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineAccess:
    """A line and what its carrier wants to know us by.

    Attributes:
        number: E.164.
        provider: `twilio`, `plivo`, `exotel` or `asterisk`.
        credentials: As the provider's adapter names them.
    """

    id: str
    account_id: str
    number: str
    provider: str
    credentials: Mapping[str, str] = field(repr=False)
