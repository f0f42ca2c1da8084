"""Checks of the ways through a flow: what cannot be reached, left, heard the end of, or known yet."""

from collections.abc import Iterable, Iterator, Mapping

from flows.model import RESERVED, Flow, StateDef
from flows.notes import Notes
from flows.ways import Ways, conditions_of, set_on_entry, silence_leads_to

_ASKS_WHETHER_SET = ("empty", "not_empty")


def check_paths(notes: Notes, ways: Mapping[str, Ways]) -> None:
    """Check all ways, from the first state and from those that the settings lead to."""
    flow = notes.flow
    following = {name: {target for _, target in each.targets} for name, each in ways.items()}
    seen = _reached(following, _starts(flow))
    for name in flow.states:
        if name not in seen:
            notes.warn(f"states.{name}", "check.unreachable", f"Nothing leads to the state '{name}'.")
    _ends(notes, following, seen)
    _silent_loops(notes, seen)
    _early_reads(notes, following, ways)


def _starts(flow: Flow) -> tuple[str, ...]:
    named = (flow.initial_state, flow.settings.on_timeout, flow.settings.on_error)
    return tuple(name for name in named if name is not None and name in flow.states)


def _reached(following: Mapping[str, set[str]], starts: tuple[str, ...]) -> set[str]:
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        name = todo.pop()
        if name not in seen and name in following:
            seen.add(name)
            todo += following[name]
    return seen


def _ends(notes: Notes, following: Mapping[str, set[str]], seen: set[str]) -> None:
    """Every state has to have a way to some end; where there is no end at all, once is enough to say so."""
    flow = notes.flow
    ending = {name for name in seen if _may_end(flow.states[name], following[name])}
    if not ending and seen:
        notes.warn(
            "states", "check.no_end", "No state of this flow is an end: the call goes on until somebody hangs up."
        )
        return
    leading: dict[str, set[str]] = {}
    for name, targets in following.items():
        for target in targets:
            leading.setdefault(target, set()).add(name)
    leading = {name: leading.get(name, set()) for name in flow.states}
    for name in seen - _reached(leading, tuple(ending)):
        notes.warn(f"states.{name}", "check.dead_end", f"From '{name}' no way leads to an end.")


def _may_end(node: StateDef, targets: set[str]) -> bool:
    falls_silent = node.transitions.on_timeout is not None and silence_leads_to(node) is None
    return node.is_terminal or bool(targets & RESERVED) or falls_silent


def _silent_loops(notes: Notes, seen: set[str]) -> None:
    """With nobody there, timeouts must not lead in circles for ever."""
    flow = notes.flow
    if flow.settings.max_duration_secs is not None:
        return
    done: set[str] = set()
    for start in flow.states:
        way: list[str] = []
        name: str | None = start
        while name in seen and name not in done and name not in way:
            way.append(name)
            name = silence_leads_to(flow.states[name])
        if name in way:
            message = "Silence leads in a circle here: give the timeout `max_retries`, or the flow a longest duration."
            notes.warn(f"states.{name}.transitions.on_timeout", "check.silent_loop", message)
        done.update(way)


def _early_reads(notes: Notes, following: Mapping[str, set[str]], ways: Mapping[str, Ways]) -> None:
    """What is read has to be set on some way to it; what nothing sets comes with the call."""
    flow = notes.flow
    settable = sorted(set().union(*(each.sets for each in ways.values())))
    bits = {name: 1 << index for index, name in enumerate(settable)}
    everything = (1 << len(settable)) - 1
    brought = _mask(bits, (name for name, each in flow.variables.items() if each.default is not None))
    starts = {name: brought if name == flow.initial_state else everything for name in _starts(flow)}
    sets = {name: _mask(bits, each.sets) for name, each in ways.items()}
    for name, before in _arriving(starts, following, sets).items():
        at_once = brought | before | _mask(bits, set_on_entry(ways[name].node))
        for path, read in _unset(ways[name], bits, at_once, at_once | sets[name]):
            message = f"'{read}' is read here, but no way to this state has set it yet."
            notes.warn(f"states.{name}.{path}", "check.read_before_set", message)


def _mask(bits: Mapping[str, int], names: Iterable[str]) -> int:
    mask = 0
    for name in names:
        mask |= bits.get(name, 0)
    return mask


def _arriving(starts: Mapping[str, int], following: Mapping[str, set[str]], sets: Mapping[str, int]) -> dict[str, int]:
    """What may be set on the way to each state that can be reached, as bits."""
    arriving = dict(starts)
    todo = dict.fromkeys(arriving)  # in order, and each once
    while todo:
        name = next(iter(todo))
        del todo[name]
        leaving = arriving[name] | sets[name]
        for target in following[name]:
            if target in following and (target not in arriving or leaving & ~arriving[target]):
                arriving[target] = arriving.get(target, 0) | leaving
                todo[target] = None
    return arriving


def _unset(ways: Ways, bits: Mapping[str, int], at_once: int, later: int) -> Iterator[tuple[str, str]]:
    for reads, known in ((ways.reads_on_entry, at_once), (ways.reads_later, later)):
        for path, names in reads.items():
            for name in sorted(names):
                if bits.get(name, 0) & ~known:
                    yield path, name
    for path, edge in ways.edges:
        for condition in conditions_of(edge.guard):
            if condition.operator not in _ASKS_WHETHER_SET and bits.get(condition.variable, 0) & ~later:
                yield f"{path}.guard", condition.variable
