"""Whole calls that we made, over every carrier on the virtual clock: who took them, and what followed."""

import asyncio

import numpy as np
import pytest

from kit.phone_calls import AnsweredBy, Answering, MachinePolicy
from telephony.answering import MACHINE_ANSWERED, MESSAGE_LEFT
from tests.support.carriers.kinds import KINDS, ONE_OF_EACH, Kind
from tests.support.carriers.phone import Phone
from tests.support.carriers.phone_lab import BYE, GREETING, Outcome, Scenario, call, hang_up, until_quiet

_one_of_each = pytest.mark.parametrize("kind", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
_MESSAGE = "Please call us back."
_INTRODUCTION = "This is Ada of the bank."
_MAILBOX = "Hi you have reached Bob please leave a message after the tone"
_SCREENING = "Hi please record your name and reason for calling"
_LEAVE = Answering(MachinePolicy.LEAVE_MESSAGE, _MESSAGE)
_HANG_UP = Answering(MachinePolicy.HANG_UP)
_AT_ONCE_S = 0.4  # Exotel's pieces included


async def _says(phone: Phone, seconds: float) -> None:
    phone.speech = True
    await asyncio.sleep(seconds)
    phone.speech = False


def _mailbox(*, beeps: bool, greets_s: float = 5.0) -> Scenario:
    async def scenario(phone: Phone) -> None:
        await asyncio.sleep(0.6)
        await _says(phone, greets_s)
        await asyncio.sleep(1.0)
        phone.beeps = beeps
        await asyncio.sleep(0.5)
        phone.beeps = False

    return scenario


def _spoken_after(outcome: Outcome, since_s: float) -> bytes:
    return b"".join(sound for at_s, sound in outcome.phone.heard if at_s >= since_s)


@_one_of_each
def test_a_message_is_heard_whole_after_the_beep_and_nothing_before_it(kind: Kind) -> None:
    outcome = call(kind.phone(), kind.carrier, _mailbox(beeps=True), [_MAILBOX], answering=_LEAVE)
    beep_over_s = 0.6 + 5.0 + 1.0 + 0.5
    assert outcome.phone.heard[0][0] < _AT_ONCE_S, "a person would have been greeted at once"
    assert outcome.report.end_reason == MESSAGE_LEFT
    assert outcome.answered_by == [AnsweredBy.MACHINE_START, AnsweredBy.MACHINE_END_BEEP]
    message = outcome.line(_MESSAGE)
    assert _spoken_after(outcome, beep_over_s)[: len(message)] == message
    between = [at_s for at_s, _ in outcome.phone.heard if 4.5 < at_s < beep_over_s]
    assert between == [], "the machine is not talked to while it greets"
    first_s = next(at_s for at_s, _ in outcome.phone.heard if at_s >= beep_over_s)
    assert first_s - beep_over_s < 0.5


@_one_of_each
def test_a_machine_without_a_beep_gets_the_message_once_it_is_silent(kind: Kind) -> None:
    outcome = call(kind.phone(), kind.carrier, _mailbox(beeps=False), [_MAILBOX], answering=_LEAVE)
    assert outcome.report.end_reason == MESSAGE_LEFT
    assert outcome.answered_by == [AnsweredBy.MACHINE_START, AnsweredBy.MACHINE_END_SILENCE]
    message = outcome.line(_MESSAGE)
    assert _spoken_after(outcome, 5.7)[: len(message)] == message


@_one_of_each
def test_a_machine_that_is_not_wanted_is_hung_up_on_while_it_speaks(kind: Kind) -> None:
    outcome = call(kind.phone(), kind.carrier, _mailbox(beeps=True), [_MAILBOX], answering=_HANG_UP)
    assert outcome.report.end_reason == MACHINE_ANSWERED
    assert outcome.answered_by == [AnsweredBy.MACHINE_START]
    ended_s = outcome.phone.hung_up_s or (outcome.phone.closed or (0.0, 0))[0]
    assert 0.6 < ended_s < 5.6


@_one_of_each
def test_without_words_a_long_greeting_is_a_machine(kind: Kind) -> None:
    outcome = call(kind.phone(), kind.carrier, _mailbox(beeps=True, greets_s=7.0), [], answering=_LEAVE)
    assert outcome.report.end_reason == MESSAGE_LEFT
    assert outcome.answered_by == [AnsweredBy.MACHINE_START, AnsweredBy.MACHINE_END_BEEP]


@_one_of_each
@pytest.mark.parametrize("answering", [_LEAVE, _HANG_UP, Answering()], ids=["leave", "hang up", "continue"])
def test_a_person_is_greeted_at_once_and_talked_with(kind: Kind, answering: Answering) -> None:
    async def person(phone: Phone) -> None:
        await asyncio.sleep(0.1)
        await _says(phone, 0.5)
        await until_quiet(phone)
        await _says(phone, 1.0)

    outcome = call(kind.phone(), kind.carrier, person, ["Hello", "bye"], answering=Answering(answering.policy, "x"))
    assert outcome.phone.heard[0][0] < _AT_ONCE_S + 1.0
    assert outcome.answered_by == [AnsweredBy.HUMAN]
    assert outcome.report.end_reason == "completed"
    assert outcome.report.turns[-1].bot == BYE


@_one_of_each
@pytest.mark.parametrize("introduction", ["", _INTRODUCTION])
def test_a_helper_that_screens_calls_is_told_who_calls_and_the_flow_goes_on(kind: Kind, introduction: str) -> None:
    """It asks over our greeting; who then comes to the phone is talked with."""

    async def screened(phone: Phone) -> None:
        await asyncio.sleep(0.6)
        await _says(phone, 4.0)
        await until_quiet(phone)
        await asyncio.sleep(2.0)
        await _says(phone, 1.0)

    answering = Answering(MachinePolicy.HANG_UP, introduction=introduction)
    outcome = call(kind.phone(), kind.carrier, screened, [_SCREENING, "bye"], answering=answering)
    said = [turn.bot for turn in outcome.report.turns]
    assert said[-2:] == [introduction or GREETING, BYE]
    assert outcome.report.end_reason == "completed"
    assert outcome.answered_by[0] == AnsweredBy.UNKNOWN
    spoken = outcome.line(introduction or GREETING)
    assert spoken in outcome.phone.heard_bytes(), "heard to its end"


def test_a_fax_is_hung_up_on_by_its_tone() -> None:
    kind = KINDS["twilio"]

    async def fax(phone: Phone) -> None:
        tone = 8000 * np.sin(2 * np.pi * 2100 * np.arange(160) / 8000)
        phone.beep = phone.wire.sound.write(tone.astype(np.int16))
        await asyncio.sleep(1.0)
        phone.beeps = True
        await asyncio.sleep(3.0)

    outcome = call(kind.phone(), kind.carrier, fax, [], answering=Answering(MachinePolicy.LEAVE_MESSAGE, _MESSAGE))
    assert outcome.report.end_reason == MACHINE_ANSWERED
    assert outcome.answered_by == [AnsweredBy.FAX]


def test_what_a_person_says_of_a_mailbox_is_no_machine() -> None:
    """They have answered, and tell of somebody else."""
    kind = KINDS["twilio"]

    async def person(phone: Phone) -> None:
        await until_quiet(phone)
        await _says(phone, 0.6)
        await asyncio.sleep(2.0)
        await _says(phone, 2.0)
        await hang_up(phone)

    heard = ["Hello", "Bob is not available you get his mailbox"]
    outcome = call(kind.phone(), kind.carrier, person, heard, answering=_HANG_UP)
    assert outcome.answered_by == [AnsweredBy.HUMAN]
    assert outcome.report.end_reason == "peer_gone"
