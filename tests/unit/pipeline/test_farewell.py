"""The server ends a call: a last sentence, then it hangs up."""

import asyncio
from collections.abc import Awaitable, Callable

from flows.actions import FlowEnded
from pipeline.frames.control import Farewell, Screen
from pipeline.report import CallReport
from tests.support import call_lab
from tests.support.call_lab import Lab, Setup, TapeLeg

_FLOW = """
id: pizza
version: "1.0.0"
initial_state: ask
states:
  ask:
    say: "What would you like to eat today, and what would you like to drink with it?"
    transitions:
      on_utterance:
        - pattern: pizza
          target: done
      on_timeout: {seconds: 4, max_retries: 2}
  done:
    say: Coming up.
    transitions: {}
"""
_BYE = Farewell("credits_exhausted", "Your credits are used up. Good-bye.")


def _run(scenario: Callable[[Lab], Awaitable[None]]) -> tuple[CallReport, TapeLeg]:
    async def and_wait(lab: Lab) -> None:
        await scenario(lab)
        await asyncio.sleep(60)

    return call_lab.call(Setup(_FLOW, ["pizza please"]), and_wait)


def _assert_said_and_over(report: CallReport, leg: TapeLeg) -> None:
    assert report.end_reason == "credits_exhausted"
    assert not report.completed
    assert leg.captions("assistant")[-1] == _BYE.text
    ends = [(at_s, frame.action.reason) for at_s, frame in leg.of(Screen) if isinstance(frame.action, FlowEnded)]
    ((at_s, reason),) = ends
    assert reason == "credits_exhausted"
    assert at_s >= leg.last_audio_s()
    assert report.duration_s < 20


def test_it_is_said_while_the_bot_waits_for_an_answer() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.quiet(1.0)
        lab.call.receive(_BYE)

    _assert_said_and_over(*_run(scenario))


def test_it_cuts_off_what_the_bot_says() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(1.0)
        lab.call.receive(_BYE)

    report, leg = _run(scenario)
    _assert_said_and_over(report, leg)
    assert "drink" not in report.turns[0].bot


def test_it_is_said_over_somebody_who_talks() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        lab.call.receive(_BYE)
        await lab.speak(1.0)
        await lab.quiet(10.0)

    report, leg = _run(scenario)
    _assert_said_and_over(report, leg)
    assert "Coming up." not in leg.captions("assistant")


def test_it_is_said_though_what_was_just_said_would_be_answered() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(0.25)
        lab.call.receive(_BYE)
        await lab.quiet(10.0)

    _assert_said_and_over(*_run(scenario))
