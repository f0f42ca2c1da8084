"""Silence, the length of the call, and a model that does not answer."""

from types import MappingProxyType
from typing import Final

from flows.entering import end, enter, finish, unwind
from flows.guards import describe, holds
from flows.keypad import keys_over
from flows.model import ERROR, Timeout
from flows.speaking import ask_again, ask_llm, llm_speaks, missing, reprompt
from flows.state import PASSING_ON
from flows.turn import Turn

RETRIES: Final = 2
GIVE_UP_AFTER: Final = 2


def start_timer(turn: Turn) -> None:
    """The user's silence is counted from now."""
    timeout = turn.node.transitions.on_timeout
    turn.update(timer_s=None if timeout is None else turn.now_s + timeout.seconds)


def listen(turn: Turn) -> None:
    """After a key or a tap that led to no words: silence is counted on."""
    state = turn.state
    if not state.speaking and state.closing is None and not state.keys and state.line != PASSING_ON:
        start_timer(turn)


def on_finished(turn: Turn) -> None:
    """Everything said was heard."""
    turn.update(speaking=False)
    if turn.state.closing is not None:
        end(turn)
    elif turn.state.line != PASSING_ON:
        start_timer(turn)


def on_tick(turn: Turn) -> None:
    """Act on the deadlines that have come."""
    state, now_s = turn.state, turn.now_s
    timeout = turn.node.transitions.on_timeout
    if state.closing_deadline_s is not None and now_s >= state.closing_deadline_s:
        end(turn)
    elif state.flow_deadline_s is not None and now_s >= state.flow_deadline_s:
        turn.update(flow_deadline_s=None)
        _out_of_time(turn)
    elif state.keys_deadline_s is not None and now_s >= state.keys_deadline_s:
        keys_over(turn)
    elif timeout is not None and state.timer_s is not None and now_s >= state.timer_s:
        turn.update(timer_s=None)
        _silence(turn, timeout)


def _out_of_time(turn: Turn) -> None:
    unwind(turn)
    target = turn.flow.settings.on_timeout
    if target is not None:
        enter(turn, target, "timeout")
    else:
        finish(turn, "timeout")


def _silence(turn: Turn, timeout: Timeout) -> None:
    here = turn.node.name
    count = turn.state.timeouts.get(here, 0) + 1
    turn.update(timeouts=MappingProxyType({**turn.state.timeouts, here: count}))
    leads = holds(timeout.guard, turn.state.variables)
    if not leads:
        turn.block(timeout.target or timeout.fallback, "guard_failed", f"needs {describe(timeout.guard)}")
    limit = timeout.max_retries if timeout.max_retries is not None or timeout.target else RETRIES
    if leads:
        turn.set_all(timeout.set)
    if leads and limit is not None and count > limit:
        if timeout.fallback is not None:
            enter(turn, timeout.fallback, "timeout")
        elif timeout.target not in (None, here):
            enter(turn, str(timeout.target), "timeout")
        else:
            _out_of_time(turn)
    elif leads and timeout.target is not None:
        enter(turn, timeout.target, "timeout")
    elif llm_speaks(turn):
        ask_llm(turn, "The caller has been silent. Kindly ask again, in other words.")
    elif turn.state.confirmation is None:
        reprompt(turn, count - 1, silent=True)
    else:
        turn.say("Are you still there? Please say yes or no.")


def on_ask_failed(turn: Turn, epoch: int) -> None:
    """Apologise and go on by templates; without any, or again and again, give up politely."""
    if epoch != turn.state.epoch or turn.state.closing is not None:
        return
    failures = turn.state.llm_failures + 1
    turn.update(llm_failures=failures, speaking=False, has_llm=turn.state.has_llm and failures < GIVE_UP_AFTER)
    target = turn.flow.settings.on_error
    node = turn.node
    if target is not None and target != node.name:
        turn.update(has_llm=False)
        turn.say("Sorry, something went wrong.")
        enter(turn, target, "error")
    elif missing(turn) or node.say or node.gate is not None:
        ask_again(turn, "Sorry, I had a little trouble.")
    elif failures < GIVE_UP_AFTER:
        turn.say("Sorry, I had a little trouble. Could you say that again?")
    else:
        enter(turn, ERROR)
