"""Keys that a caller presses become slots; what is secret is shown to nobody."""

import json

import pytest

from flows.load import load
from kit.errors import InputError
from pipeline.frames.control import DtmfPressed, Screen
from pipeline.report import CallReport
from providers.fake.llm import FakeLlm
from tests.support.call_lab import Lab, Setup, TapeLeg, call

CARD = "4111111111111111"
FLOW = """
id: bank
version: "1"
initial_state: card
states:
  card:
    say: "Please key in your card number."
    ui: {artifact_type: form, title: "Card {card}", fields: [{id: card, label: Card}]}
    tools:
      pay:
        parameters:
          card: {type: string, required: true, recognise: digits, secret: true, keys: RULES}
    transitions: {on_tool_call: {pay: done}}
  done:
    say: "Thank you. I have {card}."
    transitions: {}
"""


def keyed(rules: str, *presses: tuple[str, float], heard: str = "") -> tuple[CallReport, TapeLeg]:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        for keys, then_s in presses:
            lab.call.receive(DtmfPressed(keys))
            await lab.quiet(then_s)
        if heard:
            await lab.speak(2.0)
        await lab.quiet(10.0)

    return call(Setup(FLOW.replace("RULES", rules), [heard] if heard else []), scenario)


@pytest.mark.parametrize(
    ("rules", "presses"),
    [
        ("{end: '#'}", ((CARD, 0.1), ("#", 0.1))),
        ("{end: '*'}", ((CARD, 0.1), ("*", 0.1))),
        ("{end: none, max: 16}", ((CARD, 0.1),)),
        ("{end: none, wait: 1.5}", (("4111", 1.4), (CARD[4:], 1.6))),
        ("{end: '#', wait: 8}", (("9", 0.5), ("*", 7.0), (CARD, 0.1), ("#", 0.1))),
        ("{end: '*'}", (("9", 0.5), ("#", 0.1), (CARD, 0.1), ("*", 0.1))),
    ],
)
def test_keys_end_where_their_rules_say(rules: str, presses: tuple[tuple[str, float], ...]) -> None:
    report, _ = keyed(rules, *presses)
    assert report.completed
    assert report.variables == {"card": "****"}


def test_keys_that_come_too_slowly_are_not_taken_together() -> None:
    report, leg = keyed("{end: none, wait: 1}", ("41", 1.5))
    assert report.completed, "two digits are a number too, as far as the flow says"
    assert leg.captions("assistant")[-1] == "Thank you. I have ****."


@pytest.mark.parametrize("spoken", [False, True])
def test_a_secret_is_nowhere_to_be_seen(spoken: bool, capsys: pytest.CaptureFixture[str]) -> None:
    if spoken:
        report, leg = keyed("{max: 16}", heard=f"It is {CARD}")
        assert leg.captions("user") == ["[not shown]"]
    else:
        report, leg = keyed("{max: 16}", (CARD, 0.1))
    assert report.completed
    assert any(isinstance(frame, Screen) for _, frame in leg.sent)
    everything = repr([frame for _, frame in leg.sent]) + repr(report) + capsys.readouterr().out
    assert CARD not in everything
    assert "4111" not in everything


def test_a_model_never_sees_a_secret() -> None:
    llm = FakeLlm([["Your number, please."], ["All good."]])
    flow = (
        FLOW.replace("RULES", "{max: 16}")
        .replace('    say: "Please key in your card number."\n', "    prompt: Ask for the card.\n")
        .replace('    say: "Thank you. I have {card}."\n    transitions: {}', "    prompt: Thank them for {card}.")
    )

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(2.0)
        await lab.quiet(10.0)

    call(Setup(flow, [f"It is {CARD}"], llm=llm), scenario)
    assert len(llm.requests) > 1
    assert CARD not in repr(llm.requests) + json.dumps([str(each) for each in llm.prefills])


@pytest.mark.parametrize("rules", ["{end: 'x'}", "{max: 0}", "{wait: 0}", "{wait: 600}"])
def test_rules_that_cannot_be_are_refused(rules: str) -> None:
    with pytest.raises(InputError):
        load(FLOW.replace("RULES", rules))
