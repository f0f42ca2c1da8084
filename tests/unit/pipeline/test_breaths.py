"""What is asked in a breath of the caller's, and what of it the end of the turn believes; on the virtual clock."""

import pytest

from kit.errors import ProviderError
from pipeline.ports import SttResult
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt, FakeSttStream
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, call

CHAT = """
id: chat
version: "1"
initial_state: chat
states:
  chat: {say: "Hello.", prompt: "Chat with the user.", transitions: {on_ui_event: {skip: chat}}}
"""


class _Late(FakeStt):
    """Understands the last word only when its last sound has died away."""

    async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
        await super().open(language, rate_hz)
        return _LateStream(self, language, rate_hz)


class _LateStream(FakeSttStream):
    async def finalize(self) -> SttResult:
        result = await super().finalize()
        return SttResult("") if self.finals == 1 else result


class _Broken(FakeEndOfTurn):
    """Fails when it is first asked."""

    async def probability(self, pcm: bytes) -> float:
        found = await super().probability(pcm)
        if len(self.asked) == 1:
            raise ProviderError("fake", "is overloaded", retryable=True)
        return found


async def _one_turn(lab: Lab) -> None:
    await lab.until_listening()
    await lab.speak(0.6)
    await lab.quiet(4)


def _setup(stt: FakeStt, end_of_turn: FakeEndOfTurn) -> Setup:
    return Setup(CHAT, stt=stt, llm=FakeLlm([["Good."]]), tts=FakeTts(), end_of_turn=end_of_turn)


def test_a_breath_in_which_nothing_was_understood_does_not_make_the_turn_nothing() -> None:
    report, _ = call(_setup(_Late(["Yes."]), FakeEndOfTurn(0.9)), _one_turn)
    assert [(turn.caller, turn.bot) for turn in report.turns] == [("", "Hello."), ("Yes.", "Good.")]


def test_the_end_of_turn_model_is_asked_in_the_breath_and_not_again() -> None:
    model = FakeEndOfTurn(0.9, pace=Pace(first_s=0.1))
    report, _ = call(_setup(FakeStt(["Yes."], pace=Pace(first_s=0.1)), model), _one_turn)
    assert len(model.asked) == 1
    assert report.turns[1].gap_ms == pytest.approx(300, abs=30), "no later than any sure answer is heard"


def test_an_end_of_turn_model_that_is_slow_is_not_asked_in_each_breath() -> None:
    async def scenario(lab: Lab) -> None:
        await _one_turn(lab)
        for _ in range(3):
            await lab.speak(0.4)
            await lab.quiet(0.1)
        await lab.speak(0.4)
        await lab.quiet(4)

    model = FakeEndOfTurn(0.9, pace=Pace(first_s=0.4))
    call(_setup(FakeStt(["Yes.", "No, thanks."]), model), scenario)
    assert len(model.asked) == 2, "in the first breath, which shows how slow it is, and at the end of the second turn"


def test_what_fails_in_the_breath_is_asked_again_at_the_end() -> None:
    model = _Broken(0.9)
    report, _ = call(_setup(FakeStt(["Yes."]), model), _one_turn)
    assert len(model.asked) == 2
    assert report.turns[1].caller == "Yes."
