"""Ending, passing on and keying: all after the last word was heard, once, and honest where the line cannot."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from kit.errors import InputError, ProviderError
from pipeline.call_control import TransferMode, TransferResult
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import PeerGone
from pipeline.ports import ToolCall
from pipeline.session import CallSettings
from providers.fake.llm import FakeLlm
from tests.support.call_lab import Lab, Setup, TapeLeg, call

NUMBER = "+4930901820"
SCRIPTED = f"""
id: desk
version: "1"
initial_state: hello
settings: {{transfer_targets: {{support: "{NUMBER}"}}}}
states:
  hello:
    say: "Hello. Say person, or menu."
    transitions:
      on_utterance: [{{pattern: person, target: pass_on}}, {{pattern: menu, target: keys}}]
  pass_on:
    say: "One moment, I will put you through."
    transfer: {{to: support, mode: warm, summary: "A question.", on_failed: sorry}}
  keys:
    say: "I am pressing."
    press: {{keys: "1w2#", then: bye, on_failed: sorry}}
  sorry:
    say: "Sorry, nobody is there. What else?"
    transitions: {{on_utterance: [{{pattern: nothing, target: bye}}]}}
  bye:
    say: "Goodbye."
    transitions: {{}}
"""
ASKED = f"""
id: asked
version: "1"
initial_state: talk
settings: {{transfer_targets: {{support: "{NUMBER}"}}}}
states:
  talk:
    prompt: Help.
    agent: {{tools: [terminate_call, transfer_call, send_dtmf]}}
    transitions: {{on_utterance: [{{pattern: never, target: talk}}]}}
"""


class Control:
    """Notes what is asked of it, and when."""

    def __init__(
        self,
        outcome: TransferResult | Exception = TransferResult(connected=True),  # noqa: B008  frozen
        *,
        transfers: Sequence[TransferMode] = ("cold", "warm"),
        sends_dtmf: bool = True,
        takes_s: float = 5.0,
    ) -> None:
        self.transfers, self.sends_dtmf = frozenset(transfers), sends_dtmf
        self.asked: list[tuple[str, Any]] = []
        self.at_s: list[float] = []
        self._outcome, self._takes_s = outcome, takes_s

    def _note(self, what: str, about: Any = None) -> None:
        self.asked.append((what, about))
        self.at_s.append(asyncio.get_running_loop().time())

    async def hang_up(self) -> None:
        self._note("hang_up")

    async def transfer(self, target: str, mode: TransferMode, summary: str | None) -> TransferResult:
        self._note("transfer", (target, mode, summary))
        await asyncio.sleep(self._takes_s)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    async def send_dtmf(self, digits: str) -> None:
        self._note("keys", digits)
        if isinstance(self._outcome, Exception):
            raise self._outcome


def says(*, turns: int = 1, then_s: float = 20.0) -> Any:
    async def scenario(lab: Lab) -> None:
        for _ in range(turns):
            await lab.until_listening()
            await lab.speak(1.0)
            await lab.quiet(1.0)
        await lab.quiet(then_s)

    return scenario


def last_sound_s(leg: TapeLeg) -> float:
    return leg.of(AudioOut)[-1][0]


# --- flows ------------------------------------------------------------------------------------------------------------
def test_a_transfer_begins_once_the_announcement_was_heard_and_ends_the_call_here() -> None:
    control = Control()
    report, leg = call(Setup(SCRIPTED, ["A person please"], control=control), says())
    assert control.asked == [("transfer", (NUMBER, "warm", "A question."))], "and nobody hangs up on them"
    assert control.at_s[0] >= last_sound_s(leg)
    assert (report.end_reason, report.turns[-1].bot) == ("transferred", "One moment, I will put you through.")


@pytest.mark.parametrize(
    "outcome", [TransferResult(connected=False, reason="busy"), ProviderError("twilio", "502", retryable=True)]
)
def test_the_flow_goes_on_with_the_caller_if_nobody_takes_the_call(outcome: TransferResult | Exception) -> None:
    control = Control(outcome)

    async def asking(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        for _ in range(2):
            await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(20)

    report, leg = call(Setup(SCRIPTED, ["A person please", "Nothing"], control=control), asking)
    assert leg.captions("assistant")[2:] == ["Sorry, nobody is there. What else?", "Goodbye."]
    assert [what for what, _ in control.asked] == ["transfer", "hang_up"]
    assert report.completed


def test_what_the_caller_says_while_it_rings_elsewhere_is_not_answered() -> None:
    control = Control(TransferResult(connected=False, reason="no_answer"), takes_s=6.0)

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(10.0)

    _, leg = call(Setup(SCRIPTED, ["A person", "Hello? Nothing"], control=control), scenario)
    said = ["One moment, I will put you through.", "Sorry, nobody is there. What else?"]
    assert leg.captions("assistant")[1:] == said


@pytest.mark.parametrize("control", [None, Control(transfers=("cold",), sends_dtmf=False)])
@pytest.mark.parametrize("word", ["person", "menu"])
def test_a_line_that_cannot_leads_where_the_flow_foresaw_it(control: Control | None, word: str) -> None:
    _, leg = call(Setup(SCRIPTED, [word], control=control), says(then_s=8.0))
    assert "Sorry, nobody is there. What else?" in leg.captions("assistant")[1]
    assert control is None or "transfer" not in dict(control.asked)


def test_keys_are_pressed_after_the_words_and_the_flow_goes_on() -> None:
    control = Control()
    report, leg = call(Setup(SCRIPTED, ["The menu"], control=control), says())
    assert control.asked == [("keys", "1w2#"), ("hang_up", None)]
    assert leg.captions("assistant")[1:] == ["I am pressing.", "Goodbye."]
    assert report.completed
    assert control.at_s[1] >= last_sound_s(leg), "the goodbye is heard before we hang up"


# --- models -----------------------------------------------------------------------------------------------------------
def _asked(*answers: Sequence[Any]) -> FakeLlm:
    return FakeLlm([["How can I help?"], *answers])


def test_a_model_ends_the_call_once_and_its_goodbye_is_heard_whole() -> None:
    end = ToolCall("1", "terminate_call", {"farewell": "Goodbye, and thank you for calling us today."})
    again = ToolCall("2", "terminate_call", {"farewell": "Once more, goodbye."})
    control, llm = Control(), _asked([end, again])

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(1.5)
        await lab.speak(1.5)  # over the goodbye
        await lab.quiet(20)

    report, leg = call(Setup(ASKED, ["That is all", "Wait!"], llm=llm, control=control), scenario)
    assert report.turns[1].bot == "Goodbye, and thank you for calling us today."
    assert not report.turns[1].interrupted
    assert len(llm.requests) == 2, "nobody asks it any more"
    assert (report.end_reason, control.asked) == ("terminated", [("hang_up", None)])
    assert control.at_s[0] >= last_sound_s(leg)


def test_a_model_passes_the_call_on_to_a_name_it_was_given() -> None:
    wish = {"target": "support", "mode": "warm", "summary": "Wants a refund.", "announcement": "I will connect you."}
    control, llm = Control(), _asked([ToolCall("1", "transfer_call", wish)])
    report, _ = call(Setup(ASKED, ["A person"], llm=llm, control=control), says())
    assert control.asked == [("transfer", (NUMBER, "warm", "Wants a refund."))]
    assert (report.end_reason, report.turns[1].bot) == ("transferred", "I will connect you.")


@pytest.mark.parametrize(
    ("tool", "given", "control", "told"),
    [
        ("transfer_call", {"target": "+15550001111"}, Control(), "only to: support"),
        ("transfer_call", {"target": "support", "mode": "warm"}, Control(transfers=("cold",)), "only a cold transfer"),
        ("transfer_call", {"target": "support"}, None, "cannot transfer calls"),
        ("send_dtmf", {"digits": "1"}, Control(sends_dtmf=False), "cannot be pressed"),
        ("send_dtmf", {"digits": "call me"}, Control(), "no telephone keys"),
    ],
)
def test_a_model_is_told_what_cannot_be_done(
    tool: str, given: dict[str, str], control: Control | None, told: str
) -> None:
    llm = _asked([ToolCall("1", tool, given)], ["I am sorry, that does not work."])
    _, leg = call(Setup(ASKED, ["Do it"], llm=llm, control=control), says(then_s=4.0))
    assert told in llm.requests[2].messages[-1].content
    assert leg.captions("assistant")[-1] == "I am sorry, that does not work."
    assert control is None or control.asked == [("hang_up", None)]


@pytest.mark.parametrize("error", [InputError("no"), ProviderError("twilio", "502", retryable=True)])
def test_a_model_tells_the_caller_that_a_transfer_failed(error: Exception) -> None:
    llm = _asked(["Connecting.", ToolCall("1", "transfer_call", {"target": "support"})], ["It did not work."])
    _, leg = call(Setup(ASKED, ["A person"], llm=llm, control=Control(error)), says())
    assert leg.captions("assistant")[1:] == ["Connecting.", "It did not work."]
    assert "transfer did not work" in llm.requests[2].messages[0].content


def test_keys_of_a_model_go_out_when_it_has_spoken() -> None:
    control, llm = Control(), _asked(["One moment.", ToolCall("1", "send_dtmf", {"digits": "42#"})])
    _, leg = call(Setup(ASKED, ["Press it"], llm=llm, control=control), says(then_s=4.0))
    assert control.asked[0] == ("keys", "42#")
    assert control.at_s[0] >= last_sound_s(leg)


def test_who_hung_up_first_is_not_hung_up_on() -> None:
    control = Control()

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        lab.call.receive(PeerGone())

    report, _ = call(Setup(SCRIPTED, [], control=control), scenario)
    assert (report.end_reason, control.asked) == ("peer_gone", [])


def test_a_line_that_rings_for_long_is_not_idle() -> None:
    control = Control(takes_s=60.0)
    setup = Setup(SCRIPTED, ["person"], control=control)
    setup.settings = CallSettings(idle_s=30.0)
    report, _ = call(setup, says(then_s=80.0))
    assert report.end_reason == "transferred"
    assert [what for what, _ in control.asked] == ["transfer"]
