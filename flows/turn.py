"""One step at work: the state so far and the actions so far."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from flows.actions import Action, Emitted, Say, ShowArtifact, StateEntered, TransitionBlocked, VariableSet
from flows.interpolate import fill, fill_screen, names_on_screen
from flows.model import Flow, Hook, ParamDef, StateDef, ToolDef, thawed
from flows.spoken import spoken
from flows.state import State, running
from flows.values import ValueProblem, coerce_variable

MASK: Final = "****"
_NOT_NOW: Final = "That is not possible now. Go on with the conversation."


class Turn:
    """Gathers what one event does; it lives no longer than one `step`.

    Attributes:
        root: The flow that the call began with.
        flow: The flow that runs now: the root, or one that it called.
        hops: How many states this event has entered.
    """

    def __init__(self, root: Flow, state: State, now_s: float) -> None:
        """Begin with `state` and no actions."""
        self.root = root
        self.flow = running(root, state)
        self.state = state
        self.hops = 0
        self.now_s = now_s
        self.actions: list[Action] = []

    @property
    def node(self) -> StateDef:
        """The definition of the current state; an empty one at the reserved ends."""
        name = self.state.node or ""
        return self.flow.states.get(name) or StateDef(name)

    @property
    def language(self) -> str | None:
        """What is spoken here: as the state says, its flow, or the flow that the call began with."""
        return self.node.language or self.flow.settings.language or self.root.settings.language

    @property
    def voice(self) -> str | None:
        """The voice that speaks here, found as `language` is."""
        return self.node.voice or self.flow.settings.voice or self.root.settings.voice

    @property
    def llm(self) -> str | None:
        """The model that is asked here, found as `language` is."""
        return self.node.llm or self.flow.settings.llm or self.root.settings.llm

    @property
    def stt(self) -> str | None:
        """What listens here, found as `language` is."""
        return self.node.stt or self.flow.settings.stt or self.root.settings.stt

    @property
    def allows_back(self) -> bool:
        """Whether the user may go back to the state before."""
        return self.flow.settings.allow_back or self.root.settings.allow_back

    @property
    def can_go_back(self) -> bool:
        """Whether there is a state to go back to."""
        known = self.state.history or any(frame.history for frame in self.state.frames)
        return self.allows_back and bool(known)

    def update(self, **changes: Any) -> None:
        """Change the state."""
        self.state = replace(self.state, **changes)

    def emit(self, action: Action) -> None:
        """Add an action."""
        self.actions.append(action)

    def say(self, text: str) -> None:
        """Speak a line exactly, with its placeholders filled as they are said aloud."""
        words = fill(text, self.told, self._aloud)
        if words.strip():
            self.emit(Say(words, self.node.interruptible, self.language, self.voice))
            self.update(speaking=True)

    def aloud(self, name: str, value: Any) -> str:
        """A value of variable `name` as it is said."""
        return self._aloud(name, value)

    def _aloud(self, name: str, value: Any) -> str:
        if value == MASK:
            return MASK
        return spoken(value, self.flow.kinds.get(name), self.state.today)

    @property
    def told(self) -> Mapping[str, Any]:
        """The variables as anybody may see and hear them: what is secret is masked."""
        secrets = self.root.secrets | self.flow.secrets
        known = self.state.variables
        if not secrets & known.keys():
            return known
        return {name: MASK if name in secrets and value is not None else value for name, value in known.items()}

    def variables(self) -> dict[str, Any]:
        """All declared variables (None where unset) and all others that are set."""
        declared = dict.fromkeys(self.flow.variables)
        return {**declared, **thawed(self.told)}

    def set_variable(self, name: str, value: Any) -> str | None:
        """Store a value and tell the screen (VFDL §2.5); gives the reason if it does not fit its declaration."""
        try:
            value = coerce_variable(name, value, self.flow.variables)
        except ValueProblem as problem:
            self.block("?", "variable_invalid", f"'{name}' {problem}.")
            return f"{name} {problem}"
        self.update(variables=MappingProxyType({**self.state.variables, name: value}))
        value = self.told.get(name)
        self.emit(VariableSet(self.flow.id, name, thawed(value)))
        ui = self.node.ui
        if ui is not None:
            if ui.get("artifact_type") == "form" and name in field_ids(ui):
                self.emit(ShowArtifact("field_update", {"field_id": name, "value": thawed(value)}))
            if name in names_on_screen(ui):
                self.show(refreshed=True)
        return None

    def set_all(self, values: Mapping[str, Any]) -> None:
        """Store several values; strings in them may hold placeholders."""
        for name, value in values.items():
            filled = fill(value, self.told) if isinstance(value, str) else thawed(value)
            self.set_variable(name, filled)

    def run_hooks(self, hooks: tuple[Hook, ...]) -> None:
        """Do what `on_enter` or `on_exit` lists."""
        for hook in hooks:
            self.set_all(hook.set)
            if hook.emit:
                self.emit(Emitted(hook.emit))

    def block(self, target: str | None, reason: str, detail: str) -> str:
        """Tell that a transition was refused; gives what the model may know of it."""
        here, told = self.state.node or "?", self.node.on_transition_blocked
        declared = {name: thawed(self.told.get(name)) for name in self.flow.variables}
        self.emit(
            TransitionBlocked(
                self.flow.id, here, target or "?", reason, detail, declared, told.notify_client, told.log_level
            )
        )
        return detail if told.notify_llm else _NOT_NOW

    def show(self, *, refreshed: bool = False) -> None:
        """Emit the state, and on entry its artifact."""
        node = self.node
        artifact = None if node.ui is None else fill_screen(node.ui, self.told)
        prompt = artifact.get("prompt") if artifact else None
        self.emit(
            StateEntered(
                flow_id=self.flow.id,
                state=node.name,
                variables=self.variables(),
                artifact=artifact,
                prompt=prompt if isinstance(prompt, str) else None,
                available_actions=(*available_actions(node), *(("back",) if self.can_go_back else ())),
                progress=self._progress(),
                refreshed=refreshed,
            )
        )
        if artifact is not None and not refreshed:
            kind = str(artifact.get("artifact_type", "custom"))
            self.emit(ShowArtifact(kind, {key: item for key, item in artifact.items() if key != "artifact_type"}))

    def _progress(self) -> tuple[int, int] | None:
        names = list(self.flow.states)
        return (names.index(self.node.name) + 1, len(names)) if self.node.name in names else None


def field_ids(ui: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of a form's fields."""
    fields = ui.get("fields") or ()
    entries = fields if isinstance(fields, tuple) else ()
    return tuple(str(entry["id"]) for entry in entries if isinstance(entry, Mapping) and "id" in entry)


def available_actions(node: StateDef) -> tuple[str, ...]:
    """The UI actions a state handles, those of its artifact included."""
    names = [*node.transitions.on_ui_event, *node.transitions.on_action]
    kind = node.ui.get("artifact_type") if node.ui else None
    implied = {"form": "form_submit", "options": "option_select"}.get(str(kind))
    if implied and node.tools:
        names.append(implied)
    if node.gate is not None:
        names += ["confirm", "reject"]
    return tuple(dict.fromkeys(names))


def slots(node: StateDef) -> dict[str, tuple[ToolDef, ParamDef]]:
    """All parameters of a state's tools by name, the first tool that has one deciding."""
    found: dict[str, tuple[ToolDef, ParamDef]] = {}
    for tool in node.tools.values():
        for name, param in tool.parameters.items():
            found.setdefault(name, (tool, param))
    return found


def field_labels(ui: Mapping[str, Any] | None) -> dict[str, str]:
    """The labels of a form's fields by id."""
    fields = (ui or {}).get("fields") or ()
    entries = fields if isinstance(fields, tuple) else ()
    return {
        str(entry["id"]): str(entry["label"])
        for entry in entries
        if isinstance(entry, Mapping) and entry.get("label") and "id" in entry
    }
