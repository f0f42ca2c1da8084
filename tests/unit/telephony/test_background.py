"""A background between the bot's sentences, over every carrier on the virtual clock."""

import asyncio

import numpy as np
import pytest

from kit.clock import Clock
from pipeline.ambience import fill_silence
from pipeline.audio.underlay import Loop
from pipeline.manner import Manner
from pipeline.playout import FRAME_S, Playout
from telephony.leg import capabilities_of, piece_samples
from tests.support.carriers.kinds import ONE_OF_EACH, Kind
from tests.support.carriers.phone import Phone
from tests.support.carriers.phone_lab import BYE, GREETING, S_PER_CHAR, Outcome, Scenario, call, talk_over
from tests.support.virtual_time import run

_one_of_each = pytest.mark.parametrize("kind", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
_LEVEL = 400  # the detector of the lab takes it for silence


def _background() -> Manner:
    return Manner(underlay=Loop(np.full(977, _LEVEL, np.int16), 1.0))


def _held(kind: Kind, scenario: Scenario, manner: Manner | None = None, delay_s: float = 0.05) -> Outcome:
    return call(kind.phone(delay_s), kind.carrier, scenario, ["bye"], manner=manner or _background())


async def _listen_and_press(phone: Phone) -> None:
    """Hear the greeting and five seconds of background, then end the flow by a key."""
    await asyncio.sleep(len(GREETING) * S_PER_CHAR + 5.0)
    phone.says(phone.wire.dtmf("1"))


def _is_background(outcome: Outcome, sound: bytes) -> bool:
    samples = outcome.phone.wire.sound.read(sound).astype(int)
    return bool((np.abs(samples - _LEVEL) < 20).all())


@_one_of_each
def test_the_background_goes_on_from_the_first_moment_to_the_last(kind: Kind) -> None:
    outcome = _held(kind, _listen_and_press)
    heard = outcome.phone.heard
    piece_s = piece_samples(kind.carrier.traits, outcome.phone.wire.sound.rate_hz) / outcome.phone.wire.sound.rate_hz
    assert heard[0][0] <= 0.15 + piece_s
    gaps = outcome.gaps()
    assert len(gaps) <= (4 if piece_s else 0), "a piece that is cleared, or that has to be filled first"
    between = [sound for at_s, sound in heard if 4.0 < at_s < 7.5]
    assert len(between) * FRAME_S == pytest.approx(3.5, abs=0.05)
    assert all(_is_background(outcome, sound) for sound in between)


@_one_of_each
def test_what_waits_at_the_carrier_is_little(kind: Kind) -> None:
    waits_s: list[float] = []

    async def scenario(phone: Phone) -> None:
        await asyncio.sleep(4.0)
        for _ in range(200):
            waits_s.append(phone.buffered_s)
            await asyncio.sleep(0.0173)
        phone.says(phone.wire.dtmf("1"))

    outcome = _held(kind, scenario, delay_s=0.0)
    rate_hz = outcome.phone.wire.sound.rate_hz
    assert max(waits_s) <= max(0.04, piece_samples(kind.carrier.traits, rate_hz) / rate_hz) + 0.001
    assert outcome.phone.most_buffered_s <= (capabilities_of(kind.carrier.traits, rate_hz).lead_ms + 20) / 1000


@_one_of_each
def test_the_good_bye_is_heard_to_its_end_and_comes_no_later_than_40_ms(kind: Kind) -> None:
    spoken_s = []
    for manner in (Manner(), _background()):
        outcome = _held(kind, _listen_and_press, manner, 0.0)
        assert outcome.report.end_reason == "completed"
        assert outcome.report.turns[-1].bot == BYE
        voiced = [at_s for at_s, sound in outcome.phone.heard if at_s > 7.5 and not _is_background(outcome, sound)]
        spoken_s.append(voiced[0])
        said = np.abs(outcome.phone.wire.sound.read(outcome.phone.heard_bytes()).astype(int)) > 3 * _LEVEL
        assert said[-round(0.4 * outcome.phone.wire.sound.rate_hz) :].any(), "to its end"
    assert spoken_s[1] - spoken_s[0] <= 0.04 + FRAME_S


@_one_of_each
@pytest.mark.parametrize("after_s", [0.8, 1.9])
def test_history_is_cut_where_it_is_without_a_background(kind: Kind, after_s: float) -> None:
    cuts = []
    for manner in (Manner(), _background()):
        outcome = _held(kind, talk_over(after_s), manner)
        cuts.append(next(turn for turn in outcome.report.turns if turn.interrupted).bot)
    assert abs(len(cuts[0]) - len(cuts[1])) <= 6, "a word: the line began up to 40 ms later"


@_one_of_each
def test_marks_stand_after_the_bots_words_only(kind: Kind) -> None:
    with_background, without = (_held(kind, _listen_and_press, manner) for manner in (_background(), Manner()))
    assert len(with_background.phone.echoed) == len(without.phone.echoed)


def test_a_caller_who_is_passed_on_hears_no_background() -> None:
    sent: list[float] = []
    held = False

    async def scenario() -> None:
        nonlocal held
        clock = Clock()
        playout = Playout(8000, 80, lambda _frame, _due: None, lambda _generation, _at_s: None, lambda _: None, clock)
        loop = Loop(np.ones(100, np.int16), 1.0)

        def send(pcm: bytes, due_s: float) -> None:
            assert len(pcm) == 320
            sent.append(due_s)

        filling = asyncio.ensure_future(fill_silence(loop, playout, send, lambda: held, clock))
        await asyncio.sleep(1.0)
        held = True
        await asyncio.sleep(3.0)
        held = False
        await asyncio.sleep(1.0)
        playout.hold(clock.now_s())
        await asyncio.sleep(1.0)
        filling.cancel()

    run(scenario())
    assert len(sent) == pytest.approx(100, abs=6)
    assert not [due_s for due_s in sent if 1.1 < due_s < 3.95 or due_s > 5.1]
