"""What a flow wants of the telephone line: to end the call, to pass it on, to press keys.

All of it happens once everything said so far was heard. While a call is being passed on nobody is asked anything; if
that fails, the flow goes on where its author foresaw it, else the model or a plain sentence tells the caller.
"""

import re
from typing import Final

from flows.actions import PressKeys, Say, ToolReturned, TransferCall
from flows.engine_tools import ENGINE_TOOLS, TERMINATE, TRANSFER
from flows.entering import end, enter, fail, finish
from flows.events import LineDone, ToolCalled
from flows.interpolate import fill
from flows.model import LineAct
from flows.speaking import ask_llm, llm_speaks
from flows.state import KEYS, PASSING_ON, TERMINATED
from flows.turn import Turn

TRANSFERRED: Final = "transferred"

_KEYS: Final = re.compile(r"[0-9*#wW]{1,32}")
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}|sips?:[^\s@]{1,64}@[^\s@]{1,190}")
_NOT_REACHED: Final = "Sorry, I could not put you through just now."
_NOT_PRESSED: Final = "Sorry, I cannot press keys on this line."


def on_engine_tool(turn: Turn, event: ToolCalled) -> bool:
    """Do what the model called, if it is one of ours and this state offers it."""
    if event.tool not in ENGINE_TOOLS or event.tool not in turn.node.engine_tools:
        return False
    given = {name: str(value).strip() for name, value in event.arguments.items() if value is not None}
    match event.tool:
        case _ if event.tool == TERMINATE:
            turn.emit(ToolReturned(event.call_id, "", run_again=False))
            terminate(turn, given.get("farewell", ""))
        case _ if event.tool == TRANSFER:
            _transfer(turn, event, given)
        case _:
            _press(turn, event, given.get("digits", ""))
    return True


def terminate(turn: Turn, farewell: str) -> None:
    """End the call once the farewell was heard, which nobody can interrupt; nobody is asked anything any more."""
    if farewell:
        turn.emit(Say(farewell, interruptible=False, language=turn.language, voice=turn.voice))
        turn.update(speaking=True)
    finish(turn, TERMINATED, "")


def begin_act(turn: Turn) -> bool:
    """Ask the line for what the current state is there for, once a visit; gives whether there was anything to do."""
    act, state = turn.node.act, turn.state
    if act is None or state.closing is not None or state.ended or state.acted == state.epoch:
        return False
    turn.update(acted=state.epoch)
    _perform(turn, act)
    return True


def _perform(turn: Turn, act: LineAct) -> None:
    what = fill(act.what, turn.state.variables)
    if act.kind == PASSING_ON:
        target = turn.root.settings.transfer_targets.get(what) or turn.flow.settings.transfer_targets.get(what, what)
        summary = fill(act.summary, turn.told) or None
        reason = _refusal(turn, target, act.mode)
        action: TransferCall | PressKeys = TransferCall(target, act.mode, summary)
    else:
        reason = _press_refusal(turn, what)
        action = PressKeys(what)
    if reason:
        on_line_done(turn, LineDone(act.kind, ok=False, reason=reason))
        return
    turn.update(line=act.kind, timer_s=None)
    turn.emit(action)


def on_line_done(turn: Turn, event: LineDone) -> None:
    """The carrier did what was wanted, or did not."""
    state, act = turn.state, turn.node.act
    turn.update(line=None)
    if state.closing is not None:
        return
    if event.ok and event.kind == PASSING_ON:
        turn.update(closing=TRANSFERRED)
        end(turn)
        return
    foreseen = act if act is not None and act.kind == event.kind else None
    target = foreseen and (foreseen.then if event.ok else foreseen.on_failed)
    if target:
        enter(turn, target, "completed" if event.ok else "error")
    elif not event.ok:
        _tell(turn, event)


def _tell(turn: Turn, event: LineDone) -> None:
    words = _NOT_REACHED if event.kind == PASSING_ON else _NOT_PRESSED
    if llm_speaks(turn):
        what = "transfer" if event.kind == PASSING_ON else "pressing of keys"
        ask_llm(turn, f"The {what} did not work ({event.reason}). Tell the caller so, and go on.")
        return
    turn.say(words)
    if turn.node.transitions.is_empty and turn.node.gate is None:
        fail(turn)


def _transfer(turn: Turn, event: ToolCalled, given: dict[str, str]) -> None:
    targets = {**turn.flow.settings.transfer_targets, **turn.root.settings.transfer_targets}
    name, mode = given.get("target", ""), given.get("mode") or "cold"
    if name not in targets:
        known = ", ".join(targets) or "nobody"
        _return(turn, event, f"Calls cannot be put through to '{name}', only to: {known}.")
        return
    reason = _refusal(turn, targets[name], mode)
    if reason:
        _return(turn, event, f"Not possible: {reason}. Tell the caller so, and go on.")
        return
    turn.emit(ToolReturned(event.call_id, "", run_again=False))
    if given.get("announcement"):
        turn.emit(Say(given["announcement"], interruptible=False, language=turn.language, voice=turn.voice))
    turn.update(line=PASSING_ON, timer_s=None, speaking=True)
    turn.emit(TransferCall(targets[name], mode, given.get("summary") or None))


def _press(turn: Turn, event: ToolCalled, keys: str) -> None:
    reason = _press_refusal(turn, keys)
    if reason:
        _return(turn, event, f"Not possible: {reason}. Go on without.")
        return
    turn.emit(ToolReturned(event.call_id, "", run_again=False))
    turn.update(line=KEYS)
    turn.emit(PressKeys(keys))


def _refusal(turn: Turn, target: str, mode: str) -> str:
    """Say why a call cannot be passed on; nothing if it can."""
    if f"transfer_{mode}" not in turn.state.abilities:
        others = [each for each in ("cold", "warm") if f"transfer_{each}" in turn.state.abilities]
        return f"only a {others[0]} transfer is possible here" if others else "this line cannot transfer calls"
    return "" if _NUMBER.fullmatch(target) else "that is no number that calls can be passed on to"


def _press_refusal(turn: Turn, keys: str) -> str:
    if "send_dtmf" not in turn.state.abilities:
        return "keys cannot be pressed on this line"
    return "" if _KEYS.fullmatch(keys) else "these are no telephone keys"


def _return(turn: Turn, event: ToolCalled, result: str) -> None:
    turn.emit(ToolReturned(event.call_id, result, run_again=True))
    turn.update(speaking=True)
