"""A flow, read and frozen. `parse.py` makes it, `check.py` proves it, `interpreter.py` runs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

END: Final = "__end__"
ERROR: Final = "__error__"
RESERVED: Final = frozenset({END, ERROR})


def empty() -> Mapping[str, Any]:
    """A mapping of nothing that stays so."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a variable."""

    variable: str
    operator: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Guards joined by `all`, `any`, or `not` (none of them holds)."""

    kind: Literal["all", "any", "not"]
    members: "tuple[Condition | Group, ...]"


Guard = Condition | Group


@dataclass(frozen=True, slots=True)
class Edge:
    """Where an event leads; without a target it only sets variables.

    Attributes:
        otherwise: Where it leads if the guard does not hold (extension: a list of edges).
    """

    target: str | None
    guard: Guard | None = None
    set: Mapping[str, Any] = field(default_factory=empty)
    otherwise: "Edge | None" = None


@dataclass(frozen=True, slots=True)
class UtteranceRule:
    """An `on_utterance` entry."""

    pattern: str
    target: str | None
    capture_to: str | None = None
    guard: Guard | None = None
    requires_confirmation: bool = False
    set: Mapping[str, Any] = field(default_factory=empty)


@dataclass(frozen=True, slots=True)
class Timeout:
    """An `on_timeout` entry; without a target, or while the guard fails, the question is asked again."""

    seconds: float
    target: str | None = None
    max_retries: int | None = None
    fallback: str | None = None
    guard: Guard | None = None
    set: Mapping[str, Any] = field(default_factory=empty)


@dataclass(frozen=True, slots=True)
class Transitions:
    """All ways out of a state; `on_dtmf` has telephone keys (extension)."""

    on_tool_call: Mapping[str, Edge] = field(default_factory=empty)
    on_ui_event: Mapping[str, Edge] = field(default_factory=empty)
    on_action: Mapping[str, Edge] = field(default_factory=empty)
    on_utterance: tuple[UtteranceRule, ...] = ()
    on_timeout: Timeout | None = None
    on_no_match: Edge | None = None
    on_dtmf: Mapping[str, Edge] = field(default_factory=empty)

    @property
    def is_empty(self) -> bool:
        """Whether nothing leads out; such a state is terminal."""
        return not (
            self.on_tool_call
            or self.on_ui_event
            or self.on_action
            or self.on_utterance
            or self.on_timeout
            or self.on_no_match
            or self.on_dtmf
        )


@dataclass(frozen=True, slots=True)
class KeyRules:
    """How a slot is keyed in (extension).

    Attributes:
        end: The key that ends it; empty for none.
        longest: With so many keys it is whole; None leaves it to the schema.
        wait_s: Without another key for so long it is whole.
    """

    end: str = "#"
    longest: int | None = None
    wait_s: float = 3.0


@dataclass(frozen=True, slots=True)
class ParamDef:
    """A tool's parameter, which is also a slot that recognisers can fill.

    Attributes:
        recognise: The recogniser named in the document; None leaves the choice to `slots.kind_of`.
        ask: Lines that ask for it (extension).
        confirm: When a heard value is read back: `auto`, `always` or `never` (extension).
        keys: How it is keyed in on a telephone.
        secret: Its value is shown to nobody: not on screens, in captions, reports or prompts (extension).
        schema: Further JSON Schema keys, such as `minimum`.
    """

    name: str
    type: str = "string"
    description: str = ""
    required: bool = False
    enum: tuple[str, ...] = ()
    recognise: str | None = None
    ask: tuple[str, ...] = ()
    label: str | None = None
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=empty)
    confirm: str = "auto"
    keys: KeyRules = KeyRules()
    secret: bool = False
    schema: Mapping[str, Any] = field(default_factory=empty)


@dataclass(frozen=True, slots=True)
class ToolDef:
    """A tool of a state; `defined` is False for a name that no state defines."""

    name: str
    description: str = ""
    parameters: Mapping[str, ParamDef] = field(default_factory=empty)
    speech_cue: str | None = None
    auto_extract: Mapping[str, tuple[str, ...]] = field(default_factory=empty)
    sets_variable: str | None = None
    advances: bool = True
    defined: bool = True

    def variable_of(self, parameter: str) -> str:
        """The variable that `parameter` fills."""
        if self.sets_variable is not None and len(self.parameters) <= 1:
            return self.sets_variable
        return parameter


@dataclass(frozen=True, slots=True)
class Gate:
    """A confirmation gate."""

    variables: tuple[str, ...]
    on_confirm: str
    on_reject: str | None = None
    clears: bool = True
    prompt: str | None = None
    confirm_phrases: tuple[str, ...] = ()
    reject_phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hook:
    """One entry of `on_enter` or `on_exit`: either sets variables or emits a name."""

    set: Mapping[str, Any] = field(default_factory=empty)
    emit: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Another flow that a state runs before it goes on (extension).

    Attributes:
        flow: Its name in the library.
        given: The called flow's variables, and what they are set to; `{name}` is a variable of this flow.
        taken: This flow's variables, each with the called flow's variable that it gets at the return.
        then: Where to go on.
        on_error: Where to go on if the called flow cannot run or fails; else this flow fails too.
    """

    flow: str
    then: str
    version: str | None = None
    given: Mapping[str, Any] = field(default_factory=empty)
    taken: Mapping[str, str] = field(default_factory=empty)
    on_error: str | None = None


@dataclass(frozen=True, slots=True)
class LineAct:
    """What a state asks of the telephone line once its words were heard (extension).

    Attributes:
        kind: `transfer` or `keys`.
        what: Whom to call (a name of `settings.transfer_targets`, a number or a SIP address), or the keys.
        mode: `cold` or `warm`, of a transfer.
        summary: What the other one is told first, if `warm`.
        then: Where to go on once keys were pressed.
        on_failed: Where to go on if it came to nothing.
    """

    kind: str
    what: str
    mode: str = "cold"
    summary: str = ""
    then: str | None = None
    on_failed: str | None = None


@dataclass(frozen=True, slots=True)
class Refusals:
    """Who is told of a blocked transition, and how loudly it is logged."""

    notify_llm: bool = True
    notify_client: bool = True
    log_level: str = "warning"


@dataclass(frozen=True, slots=True)
class StateDef:
    """One state.

    Attributes:
        say: Lines to speak exactly (extension).
        reprompt: Lines for when nothing was understood, used in turn (extension).
        tools: What may be called here, in the order of `agent.tools`.
        stop_phrases: Where the model's answer is cut off.
        language: BCP 47 tag of what is spoken here (extension).
        voice: The voice that speaks here (extension).
        llm: The model that is asked here, `VENDOR:MODEL` (extension).
        stt: What listens here, likewise (extension).
        act: What is asked of the line here (extension).
        engine_tools: Those of `flows/engine_tools.py` that the model may call here (extension).
    """

    name: str
    ui: Mapping[str, Any] | None = None
    prompt: str = ""
    say: tuple[str, ...] = ()
    reprompt: tuple[str, ...] = ()
    tools: Mapping[str, ToolDef] = field(default_factory=empty)
    gate: Gate | None = None
    transitions: Transitions = field(default_factory=Transitions)
    on_enter: tuple[Hook, ...] = ()
    on_exit: tuple[Hook, ...] = ()
    endpointing: str | None = None
    interruptible: bool = True
    max_tokens: int | None = None
    temperature: float | None = None
    stop_phrases: tuple[str, ...] = ()
    language: str | None = None
    voice: str | None = None
    llm: str | None = None
    stt: str | None = None
    call: Call | None = None
    act: LineAct | None = None
    engine_tools: tuple[str, ...] = ()
    on_transition_blocked: Refusals = field(default_factory=Refusals)
    extra: Mapping[str, Any] = field(default_factory=empty)

    @property
    def is_terminal(self) -> bool:
        """Whether nothing leads out of it."""
        return self.transitions.is_empty and self.gate is None and self.call is None and self.act is None


@dataclass(frozen=True, slots=True)
class VariableDef:
    """A declared variable; one that does not `persist` starts anew when the flow does."""

    name: str
    type: str = "string"
    enum: tuple[str, ...] = ()
    required: bool = False
    default: Any = None
    persist: bool = True
    extra: Mapping[str, Any] = field(default_factory=empty)


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for the whole flow.

    Attributes:
        allow_back: Whether the user may go back to the state before.
        farewell: Spoken on entering `__end__` (extension).
        language: BCP 47 tag, where a state names none (extension).
        voice: The voice, where a state names none (extension).
        llm: The model, where a state names none (extension).
        stt: What listens, where a state names none (extension).
        transfer_targets: Whom a model may put callers through to: a telephone number (E.164) or SIP address by name
            (extension).
    """

    base_system_prompt: str = ""
    max_duration_secs: float | None = None
    on_timeout: str | None = None
    on_error: str | None = None
    llm_required: bool = False
    allow_back: bool = False
    farewell: str = "Thank you. Goodbye."
    language: str | None = None
    voice: str | None = None
    llm: str | None = None
    stt: str | None = None
    transfer_targets: Mapping[str, str] = field(default_factory=empty)
    extra: Mapping[str, Any] = field(default_factory=empty)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that a scoring judges, on a scale of `minimum` to `maximum` in steps of `step`."""

    name: str
    description: str = ""
    minimum: float = 0.0
    maximum: float = 10.0
    step: float = 1.0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a language model judges the conversation once it is over (extension).

    Attributes:
        rubric: The name of a rubric kept elsewhere; a flow that names one need not write it out.
        overall: The key of the weighted mean; None for none.
        feedback: Keys of further texts that are wanted.
        min_user_turns: With fewer turns of the user there is nothing to judge.
    """

    rubric: str | None = None
    instructions: str = ""
    criteria: tuple[Criterion, ...] = ()
    overall: str | None = None
    feedback: tuple[str, ...] = ()
    min_user_turns: int = 2
    max_tokens: int = 800
    temperature: float = 0.2


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole conversation.

    Attributes:
        library: The flows that a `call` can name, as `NAME` or `NAME@VERSION`; that of the flow the call began with
            holds for all of it.
        secrets: The variables that `secret` parameters fill.
        kinds: The recogniser of each variable that a parameter fills.
        places: Line and column of each dotted path, for findings of the check.
    """

    id: str
    initial_state: str
    states: Mapping[str, StateDef]
    version: str = "1.0.0"
    description: str = ""
    variables: Mapping[str, VariableDef] = field(default_factory=empty)
    settings: Settings = field(default_factory=Settings)
    scoring: Scoring | None = None
    extra: Mapping[str, Any] = field(default_factory=empty)
    library: "Mapping[str, Flow]" = field(default_factory=empty, compare=False, repr=False)
    kinds: Mapping[str, str] = field(default_factory=empty, compare=False)
    secrets: frozenset[str] = frozenset()
    places: Mapping[str, tuple[int, int]] = field(default_factory=empty, compare=False, repr=False)

    @property
    def title(self) -> str:
        """The first line of the description, or the id."""
        lines = self.description.strip().splitlines()
        return lines[0].strip() if lines else self.id

    def key_of(self, call: Call) -> str | None:
        """Where the library has the flow that `call` names; None if it does not, or only in another version."""
        exact = f"{call.flow}@{call.version}"
        if exact in self.library:
            return exact
        plain = self.library.get(call.flow)
        return call.flow if plain is not None and call.version in (None, plain.version) else None


def frozen(value: Any) -> Any:
    """A deep copy that nothing can change."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(frozen(item) for item in value)
    return value


def thawed(value: Any) -> Any:
    """A deep copy of dicts and lists, ready for JSON."""
    if isinstance(value, Mapping):
        return {key: thawed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [thawed(item) for item in value]
    return value
