"""Whole calls over a simulated carrier on the virtual clock: what the phone plays, and what the call believes of it."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from flows.load import load
from kit.clock import Clock
from pipeline.audio.mulaw import mulaw_encode
from pipeline.ports import Leg, Providers, SttResult
from pipeline.report import CallReport
from pipeline.session import CallContext, CallHost, CallSession
from pipeline.vad import VadScheduler
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts, buzz
from providers.fake.vad import FakeEndOfTurn, FakeVad
from telephony.connection import Exchange
from telephony.twilio.stream import TWILIO, twilio_connection
from tests.support.carriers.admission import lead_to
from tests.support.carriers.twilio import FRAME_BYTES, FRAME_S, Phone
from tests.support.virtual_time import VirtualLoop, run
from transports.live import LiveCalls
from transports.ports import Call, CallRequest

_GREETING = "One two three four five six seven eight nine ten."
_BYE = "Thank you and good bye."
_FLOW = f"""
id: phone
version: "1.0.0"
initial_state: hello
states:
  hello:
    say: {_GREETING}
    transitions:
      on_utterance: [{{pattern: "bye", target: end}}]
      on_dtmf: {{"1": end}}
  end:
    say: {_BYE}
    type: final
"""
_S_PER_CHAR = 0.06


@dataclass
class Outcome:
    """A call that is over."""

    phone: Phone
    report: CallReport


class _Calls:
    """Places one call and keeps its report."""

    def __init__(self, heard: Sequence[str | SttResult], vad: VadScheduler, greeting: str) -> None:
        self._flow = load(_FLOW.replace(_GREETING, greeting))
        self.report: CallReport | None = None
        self._providers = Providers(FakeStt(heard), FakeTts(rate_hz=8000, s_per_char=_S_PER_CHAR), FakeEndOfTurn())
        self._vad = vad

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        context = CallContext(request.call_id, self._flow)
        session = CallSession(context, self._providers, leg, CallHost(self._vad, Clock()))
        self._run = session.run
        session.run = self._kept  # type: ignore[method-assign]  # the report passes through here
        return session

    async def _kept(self) -> CallReport:
        self.report = await self._run()
        return self.report


def _call(
    phone: Phone,
    scenario: Callable[[Phone], Awaitable[None]],
    heard: Sequence[str] = (),
    *,
    greeting: str = _GREETING,
) -> Outcome:
    async def inline(work: Callable[..., object], *args: object) -> object:
        return work(*args)

    async def whole() -> Outcome:
        vad = VadScheduler(FakeVad(), inline)
        calls = _Calls(heard, vad, greeting)
        phone.begins()
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(vad.run()), group.create_task(phone.line())]
            connection = twilio_connection(phone.websocket, Exchange(calls, LiveCalls(), Clock()))
            serving = group.create_task(connection.serve(lead_to("phone")))
            helpers.append(group.create_task(_scenario(scenario, phone)))
            await serving
            for helper in helpers:
                helper.cancel()
        assert calls.report is not None
        return Outcome(phone, calls.report)

    return run(whole())


async def _scenario(scenario: Callable[[Phone], Awaitable[None]], phone: Phone) -> None:
    await scenario(phone)


def _line(text: str) -> bytes:
    samples = round(len(text) * _S_PER_CHAR * 8000)
    return mulaw_encode(np.frombuffer(buzz(samples, 8000), np.int16))


def _padded(line: bytes) -> bytes:
    """Fill the last 20 ms of a sentence, as playout does."""
    return line + b"\xff" * (-len(line) % FRAME_BYTES)


async def _until_quiet(phone: Phone) -> None:
    """Wait until the phone has been silent for a second after some sound."""
    loop = asyncio.get_running_loop()
    left_s = 1.0
    while left_s > 0:
        await asyncio.sleep(left_s)
        left_s = 1.0 if not phone.heard else phone.heard[-1][0] + 1.0 - loop.time()


async def _hang_up(phone: Phone) -> None:
    await _until_quiet(phone)
    phone.says(phone.wire.stop())


def _silences(phone: Phone) -> list[float]:
    """Return when the phone had nothing, or not enough, to play although more was to come."""
    return [
        at_s
        for (at_s, sound), (next_s, _) in itertools.pairwise(phone.heard)
        if next_s - at_s > FRAME_S * 1.5 or len(sound) < FRAME_BYTES
    ]


@pytest.mark.parametrize("delay_s", [0.0, 0.04, 0.15])
def test_the_phone_plays_what_was_said_sample_for_sample_without_a_gap(delay_s: float) -> None:
    outcome = _call(Phone(delay_s), _hang_up)
    said = _line(_GREETING)
    assert outcome.phone.heard_bytes()[: len(said)] == said
    assert _silences(outcome.phone) == []
    assert outcome.report.end_reason == "peer_gone"


def test_a_minute_of_speech_survives_stalls_of_the_loop_to_the_sample() -> None:
    async def stall(phone: Phone) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        for _ in range(60):
            await asyncio.sleep(0.977)
            loop.stall(0.05)
        await _hang_up(phone)

    greeting = " ".join(["A reference for the ear, and long."] * 30)
    phone = _call(Phone(0.03), stall, greeting=greeting).phone
    sentences = greeting.replace(". ", ".|").split("|")
    said = b"".join(_padded(_line(sentence)) for sentence in sentences)
    assert len(said) > 60 * 8000
    assert phone.heard_bytes() == said
    assert _silences(phone) == []


def test_at_most_the_lead_is_buffered_at_the_carrier() -> None:
    async def talk_over(phone: Phone) -> None:
        await asyncio.sleep(1.0)
        phone.speech = True
        await asyncio.sleep(1.0)
        phone.speech = False
        await _hang_up(phone)

    outcome = _call(Phone(), talk_over, ["bye"])
    assert outcome.phone.cleared_s, "the carrier is told to drop what it has"
    assert max(outcome.phone.left_when_cleared) <= 8 * (TWILIO.lead_ms + 20)


@pytest.mark.parametrize("delay_s", [0.0, 0.06, 0.15])
@pytest.mark.parametrize("after_s", [0.4, 0.9, 1.5, 2.2])
def test_history_never_holds_more_than_the_phone_played(after_s: float, delay_s: float) -> None:
    async def interrupt(phone: Phone) -> None:
        await asyncio.sleep(after_s)
        phone.speech = True
        await asyncio.sleep(1.2)
        phone.speech = False
        await _hang_up(phone)

    outcome = _call(Phone(delay_s), interrupt, ["bye"])
    cut = next(turn for turn in outcome.report.turns if turn.interrupted)
    assert _GREETING.startswith(cut.bot)
    stop_s = outcome.phone.cleared_s[0]
    played = sum(len(sound) for at_s, sound in outcome.phone.heard if at_s < stop_s)
    assert len(cut.bot) <= played / 8000 / _S_PER_CHAR + 1, "a word counts when it is over"
    assert len(cut.bot) >= played / 8000 / _S_PER_CHAR - 0.25 / _S_PER_CHAR - 12, "and no more than a word is lost"


@pytest.mark.parametrize("delay_s", [0.0, 0.2, 0.4])
def test_the_good_bye_is_heard_to_its_end_before_the_call_ends(delay_s: float) -> None:
    async def press(phone: Phone) -> None:
        await _until_quiet(phone)
        phone.says(phone.wire.dtmf("1"))

    outcome = _call(Phone(delay_s), press)
    assert outcome.report.completed
    bye = _line(_BYE)
    assert bye in outcome.phone.heard_bytes()
    assert outcome.phone.closed is not None
    assert outcome.phone.closed[0] >= outcome.phone.heard[-1][0] + FRAME_S - 1e-6


def test_a_carrier_that_echoes_no_marks_delays_the_end_by_two_seconds_only() -> None:
    async def press(phone: Phone) -> None:
        await asyncio.sleep(6.0)
        phone.says(phone.wire.dtmf("1"))

    outcome = _call(Phone(echoes_marks=False), press)
    assert outcome.report.completed
    assert outcome.phone.closed is not None
    assert 2.0 <= outcome.phone.closed[0] - outcome.phone.heard[-1][0] <= 2.1
