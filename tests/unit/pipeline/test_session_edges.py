"""Calls at their edges: what must not cost a call its voice, its ears or its end."""

import asyncio

import pytest

from pipeline.frames.audio import AudioIn
from pipeline.frames.control import Interrupted, PeerGone, RateAnnounced, UiAction
from pipeline.frames.text import Caption
from pipeline.session import CallSession
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts, buzz
from tests.support.call_lab import Lab, Setup, call
from tests.unit.pipeline.test_session import FLOW, ONE_STATE


class Counted:
    """Counts what was heard."""

    def __init__(self) -> None:
        self.heard_at_s: list[float] = []

    def heard(self, pcm: bytes, at_s: float) -> None:
        assert len(pcm) == 640
        self.heard_at_s.append(at_s)

    def spoke(self, pcm: bytes, rate_hz: int, at_s: float) -> None:
        pass

    def closed(self) -> None:
        pass


def test_a_flood_of_events_does_not_make_the_call_miss_its_own() -> None:
    class FloodsAtTheFirstSample(Counted):
        call: CallSession | None = None

        def spoke(self, pcm: bytes, rate_hz: int, at_s: float) -> None:
            if self.call is not None:
                for _ in range(2000):
                    self.call.receive(UiAction("nothing"))
                self.call = None

    flooding = FloodsAtTheFirstSample()

    async def scenario(lab: Lab) -> None:
        await lab.quiet(20)

    setup = Setup(FLOW, tts=FakeTts(s_per_char=1.0), observer=flooding)
    setup.beforehand = lambda session: setattr(flooding, "call", session)
    _, leg = call(setup, scenario)
    assert leg.of(Interrupted) == [], "the call knows that its greeting has started"


def test_a_new_rate_counts_from_the_very_next_frame() -> None:
    counted = Counted()

    async def scenario(lab: Lab) -> None:
        lab.call.receive(RateAnnounced(48_000))
        for _ in range(50):
            lab.call.receive(AudioIn(buzz(960, 48_000)))

    call(Setup(FLOW, observer=counted), scenario)
    assert len(counted.heard_at_s) == 50


def test_a_caller_who_is_gone_before_the_call_begins_ends_it() -> None:
    async def scenario(_lab: Lab) -> None:
        await asyncio.sleep(60)

    report, _ = call(Setup(FLOW, beforehand=lambda session: session.receive(PeerGone())), scenario)
    assert report.end_reason == "peer_gone"
    assert report.duration_s < 0.1


def test_a_line_cut_off_before_its_first_sound_was_not_heard() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.quiet(0.5)
        lab.call.receive(UiAction("skip"))
        await lab.quiet(8)

    report, leg = call(Setup(FLOW, tts=FakeTts(pace=Pace(first_s=1.0))), scenario)
    assert [turn.bot for turn in report.turns] == ["Thank you and goodbye."]
    assert [frame.text for _, frame in leg.of(Caption) if frame.interrupted] == [""]
