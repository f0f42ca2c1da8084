"""Where a running flow is: plain, frozen, and ready to be stored and taken up again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from flows.model import Flow, empty, thawed

PASSING_ON: Final = "transfer"
KEYS: Final = "keys"
TERMINATED: Final = "terminated"  # `closing` of a call that is over for everyone: no word is answered any more


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Values that were heard and wait for a yes.

    Attributes:
        values: Pairs of parameter and value.
        rule: The index of the `on_utterance` rule that waits, or None.
        round: How often it was read back.
    """

    values: tuple[tuple[str, Any], ...]
    rule: int | None = None
    round: int = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """A flow that waits for the one it called.

    Attributes:
        flow: Its name in the library; None for the flow that the call began with.
        node: The state that called.
    """

    flow: str | None
    node: str
    variables: Mapping[str, Any]
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """The whole memory of the interpreter between two events.

    Attributes:
        node: The current state of the flow; None before the start.
        flow: The called flow that runs now, by its name in the library; None for the one that the call began with.
        frames: The flows that wait for a called one to return, outermost first.
        history: The states that the user can go back to, the latest last.
        epoch: Counts entries; what belongs to an older one is stale.
        asking: The parameter that was asked for last.
        wanted: The required parameters to ask for in this visit.
        filled: The parameters filled in this visit.
        confirmation: Heard values that wait for a yes.
        gate_pending: Whether the confirmation gate has asked.
        gate_confirmed: The gated variables confirmed one by one.
        misses: Turns in a row from which nothing was understood.
        timeouts: How often each state timed out since the user last did anything.
        llm_failures: Failed `Ask`s in a row.
        closing: Why the flow ends once its last words were heard; None while it runs.
        speaking: Whether something was said that may not have been heard yet.
        last_heard: The latest turn of the user, for `auto_extract`.
        keys: Telephone keys that wait for more.
        line: What the carrier was asked to do and has not done yet: `transfer` or `keys`.
        abilities: What the line can do, as in `Started`.
        acted: The `epoch` of the last state that asked for it.
    """

    node: str | None = None
    flow: str | None = None
    frames: tuple[Frame, ...] = ()
    history: tuple[str, ...] = ()
    epoch: int = 0
    variables: Mapping[str, Any] = field(default_factory=empty)
    today: str = "1970-01-01"
    has_llm: bool = False
    asking: str | None = None
    wanted: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    confirmation: Confirmation | None = None
    gate_pending: bool = False
    gate_confirmed: tuple[str, ...] = ()
    misses: int = 0
    timeouts: Mapping[str, int] = field(default_factory=empty)
    llm_failures: int = 0
    closing: str | None = None
    ended: bool = False
    speaking: bool = False
    last_heard: str = ""
    keys: str = ""
    line: str | None = None
    abilities: tuple[str, ...] = ()
    acted: int = -1
    timer_s: float | None = None
    flow_deadline_s: float | None = None
    closing_deadline_s: float | None = None
    keys_deadline_s: float | None = None

    @property
    def deadline_s(self) -> float | None:
        """When the interpreter wants a `Tick`; None: not by itself."""
        waits = (self.timer_s, self.flow_deadline_s, self.closing_deadline_s, self.keys_deadline_s)
        return min((at for at in waits if at is not None), default=None)


def running(root: Flow, state: State) -> Flow:
    """The flow that `state` is in: `root`, or one of its library."""
    return root if state.flow is None else root.library[state.flow]


def dump(state: State) -> dict[str, Any]:
    """The state as JSON values."""
    plain = {name: getattr(state, name) for name in State.__slots__}
    confirmation = state.confirmation
    plain["frames"] = [{name: getattr(frame, name) for name in Frame.__slots__} for frame in state.frames]
    plain["confirmation"] = None if confirmation is None else asdict(confirmation)
    dumped: dict[str, Any] = thawed(plain)
    return dumped


def restore(stored: Mapping[str, Any]) -> State:
    """The state that `dump` wrote."""
    values = dict(stored)
    for name in ("wanted", "filled", "gate_confirmed", "history", "abilities"):
        values[name] = tuple(values.get(name, ()))
    values["frames"] = tuple(
        Frame(each["flow"], each["node"], each["variables"], tuple(each["history"]))
        for each in values.get("frames", ())
    )
    waiting = values.get("confirmation")
    if waiting is not None:
        pairs = tuple((name, value) for name, value in waiting["values"])
        values["confirmation"] = Confirmation(pairs, waiting["rule"], waiting["round"])
    return State(**values)
