"""Whole calls over every carrier on the virtual clock: what the phone plays, and what the call believes of it."""

import asyncio
import dataclasses
import itertools

import numpy as np
import pytest

from telephony.leg import capabilities_of
from telephony.twilio.stream import TWILIO
from tests.support.carriers.kinds import KINDS, ONE_OF_EACH, Kind
from tests.support.carriers.phone import FRAME_S, Phone
from tests.support.carriers.phone_lab import BYE, GREETING, S_PER_CHAR, call, hang_up, press, stalling, talk_over

_kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
_one_of_each = pytest.mark.parametrize("kind", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
_SHORT_WORDS = " ".join(["We go on as far as it is ok to do so by day or by sea"] * 3) + "."


@_kinds
@pytest.mark.parametrize("delay_s", [0.0, 0.15])
def test_the_phone_plays_what_was_said_sample_for_sample_without_a_gap(kind: Kind, delay_s: float) -> None:
    outcome = call(kind.phone(delay_s), kind.carrier, hang_up)
    said = outcome.line(GREETING)
    assert outcome.phone.heard_bytes()[: len(said)] == said
    assert outcome.gaps() == []
    assert outcome.report.end_reason == "peer_gone"


@_one_of_each
def test_tone_10min_zero_glitches(kind: Kind) -> None:
    """Ten minutes of one answer, the loop standing still for 50 ms once a second: no sample is missing or doubled."""
    sentence = "A reference for the ear, and long."
    outcome = call(kind.phone(0.03), kind.carrier, stalling(600), greeting=" ".join([sentence] * 295))
    said = outcome.line(sentence) * 295
    heard = outcome.phone.heard_bytes()
    assert len(said) > 600 * outcome.phone.wire.sound.bytes_per_s
    assert heard[: len(said)] == said
    silence = outcome.phone.wire.sound.write(np.zeros(1, np.int16))
    assert heard[len(said) :].replace(silence, b"") == b"", "only silence fills the last piece"
    assert len(outcome.gaps()) <= (0 if kind.carrier.traits.clears else 1), "60 ms of lead hide no first stall of 50"


@_kinds
@pytest.mark.parametrize("delay_s", [0.0, 0.06])
def test_at_most_the_lead_is_buffered_at_the_carrier(kind: Kind, delay_s: float) -> None:
    outcome = call(kind.phone(delay_s), kind.carrier, talk_over(1.0), ["bye"])
    lead_ms = capabilities_of(kind.carrier.traits, outcome.phone.wire.sound.rate_hz).lead_ms
    assert outcome.phone.most_buffered_s <= (lead_ms + 20) / 1000


@_kinds
@pytest.mark.parametrize("delay_s", [0.0, 0.15])
@pytest.mark.parametrize("after_s", [0.4, 1.5])
def test_bargein_truncates_history(kind: Kind, after_s: float, delay_s: float) -> None:
    """History holds no more than the phone played, and lacks no more than the word that was being said."""
    outcome = call(kind.phone(delay_s), kind.carrier, talk_over(after_s), ["bye"])
    cut = next(turn for turn in outcome.report.turns if turn.interrupted)
    assert GREETING.startswith(cut.bot)
    played_s = outcome.played_s(outcome.silent_s(after_s))
    assert len(cut.bot) <= played_s / S_PER_CHAR + 1, "a word counts when it is over"
    assert len(cut.bot) >= played_s / S_PER_CHAR - 0.25 / S_PER_CHAR - 12, "and no more than a word is lost"


@_kinds
def test_a_cut_transcript_is_off_by_less_than_250_ms_of_sound(kind: Kind) -> None:
    """What is missing, or too much, of the words that the phone had played to their end."""
    errors_s = []
    for number in range(12):
        at_s = 0.8 + 0.171 * number
        outcome = call(kind.phone(0.05), kind.carrier, talk_over(at_s), ["bye"], greeting=_SHORT_WORDS)
        cut = next(turn for turn in outcome.report.turns if turn.interrupted)
        played = _SHORT_WORDS[: int(outcome.played_s(outcome.silent_s(at_s)) / S_PER_CHAR)]
        errors_s.append((len(played[: played.rindex(" ")]) - len(cut.bot)) * S_PER_CHAR)
    assert max(abs(error_s) for error_s in errors_s) < 0.25, errors_s


@_one_of_each
def test_the_phone_falls_silent_soon_after_the_caller_cuts_in(kind: Kind) -> None:
    """From the caller's first sound to an empty carrier, 30 ms of network each way included."""
    silent_s = []
    for number in range(20):
        at_s = 0.8 + 0.041 * number
        outcome = call(kind.phone(0.03), kind.carrier, talk_over(at_s), ["bye"], greeting=_SHORT_WORDS)
        silent_s.append(outcome.silent_s(at_s) - at_s)
    assert np.percentile(silent_s, 95) <= 0.3, silent_s


@_one_of_each
def test_a_murmur_costs_no_word_and_repeats_next_to_nothing(kind: Kind) -> None:
    """Who only says "uh-huh" hears the rest: what a pause took back from the carrier is sent again."""
    rate_hz, sentence = kind.phone().wire.sound.rate_hz, " ".join(["day by day"] * 6) + "."

    async def murmur(phone: Phone) -> None:
        await asyncio.sleep(1.5)
        phone.speech = True
        await asyncio.sleep(0.3)
        phone.speech = False
        await hang_up(phone)

    outcome = call(kind.phone(0.03), kind.carrier, murmur, ["uh-huh"], greeting=sentence)
    assert [turn.interrupted for turn in outcome.report.turns if turn.bot] == [False]
    heard = np.abs(outcome.phone.wire.sound.read(outcome.phone.heard_bytes()).astype(int))
    spoken_s = np.count_nonzero(heard.reshape(-1, rate_hz // 50).max(axis=1) > 500) * FRAME_S
    assert len(sentence) * S_PER_CHAR - 0.04 <= spoken_s <= len(sentence) * S_PER_CHAR + 0.25


@_kinds
@pytest.mark.parametrize("delay_s", [0.0, 0.4])
def test_goodbye_fully_played(kind: Kind, delay_s: float) -> None:
    """The good-bye is heard to its end before the call ends."""
    outcome = call(kind.phone(delay_s), kind.carrier, press)
    assert outcome.report.completed
    phone, bye = outcome.phone, outcome.line(BYE)
    heard_to = phone.heard_bytes().index(bye) + len(bye)
    lengths = list(itertools.accumulate(len(sound) for _, sound in phone.heard))
    last_s = phone.heard[next(index for index, end in enumerate(lengths) if end >= heard_to)][0] + FRAME_S - 1e-6
    assert phone.closed is not None
    assert phone.closed[0] + delay_s >= last_s
    assert phone.hung_up_s is None or phone.hung_up_s >= last_s


def test_a_carrier_that_echoes_no_marks_delays_the_end_by_two_seconds_only() -> None:
    async def press_late(phone: Phone) -> None:
        await asyncio.sleep(6.0)
        phone.says(phone.wire.dtmf("1"))

    outcome = call(dataclasses.replace(KINDS["twilio"].phone(), echoes_marks=False), TWILIO, press_late)
    assert outcome.report.completed
    assert outcome.phone.closed is not None
    assert 2.0 <= outcome.phone.closed[0] - outcome.phone.heard[-1][0] <= 2.1
