"""Proves a flow before a call starts. Only what makes execution impossible is an error."""

from flows.check_guards import check_guards
from flows.check_paths import check_paths
from flows.check_patterns import check_patterns
from flows.check_states import check_settings, check_state
from flows.findings import Finding
from flows.model import Flow
from flows.notes import Notes
from flows.ways import ways_of


def check(flow: Flow) -> tuple[Finding, ...]:
    """Everything that is wrong or suspicious: in the head, in each state in order, then on the ways between them."""
    notes = Notes(flow)
    ways = {node.name: ways_of(flow, node) for node in flow.states.values()}
    settable = set().union(*(each.sets for each in ways.values()))
    known = settable | set(flow.variables)
    check_settings(notes, settable)
    for each in ways.values():
        check_state(notes, each, known)
        check_patterns(notes, each.node)
        check_guards(notes, each, known)
    check_paths(notes, ways)
    return tuple(notes.findings)
