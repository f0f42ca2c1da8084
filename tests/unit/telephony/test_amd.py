"""Who answers: tapes of what was heard, and when what followed from it."""

import pytest

from kit.phone_calls import AnsweredBy, MachinePolicy
from telephony.amd import (
    AmdState,
    CarrierSays,
    Do,
    Event,
    Judged,
    Tick,
    VoiceBegan,
    VoiceEnded,
    WordsHeard,
    step,
)
from telephony.screening import machine_in
from telephony.tones import ToneHeard

LEAVE, HANG_UP, CONTINUE = MachinePolicy.LEAVE_MESSAGE, MachinePolicy.HANG_UP, MachinePolicy.CONTINUE
MAILBOX = WordsHeard("Hi, this is Ada. I can't take your call, please leave a message after the tone.")
BEEP = ToneHeard("beep", 0.0)


def told(policy: MachinePolicy, *tape: tuple[float, Event], until_s: float = 60.0) -> list[tuple[float, str]]:
    """Play a tape and keep every deadline; return what came of it, in short words."""
    state = AmdState(policy, 0.0)
    found: list[tuple[float, str]] = []
    last_s = 0.0

    def take(event: Event, now_s: float) -> None:
        nonlocal state
        state, outcome = step(state, event, now_s)
        for each in outcome:
            match each:
                case Judged(by, why):
                    found.append((round(now_s, 2), f"{by} by {why}"))
                case Do(what):
                    found.append((round(now_s, 2), what))

    for at_s, event in (*tape, (until_s, Tick())):
        while state.deadline_s is not None and state.deadline_s < at_s:
            due_s = max(state.deadline_s, last_s)
            take(Tick(), due_s)
            assert state.deadline_s is None or state.deadline_s > due_s, "a deadline that came is over"
        take(event, at_s)
        last_s = at_s
    return found


def test_a_short_greeting_and_silence_is_a_person() -> None:
    tape = ((1.0, VoiceBegan()), (1.6, VoiceEnded()), (2.6, VoiceBegan()))
    for policy in MachinePolicy:
        assert told(policy, *tape) == [(2.4, "human by length")]


def test_who_speaks_for_four_seconds_without_a_pause_is_a_machine() -> None:
    tape = ((1.0, VoiceBegan()), (3.0, VoiceEnded()), (3.3, VoiceBegan()), (9.0, VoiceEnded()))
    assert told(HANG_UP, *tape) == [(5.0, "machine_start by length"), (5.0, "hang_up")]
    assert told(CONTINUE, *tape) == [(5.0, "machine_start by length")]


def test_a_message_is_left_right_after_the_beep() -> None:
    tape = ((1.0, VoiceBegan()), (3.0, MAILBOX), (6.0, VoiceEnded()), (7.0, BEEP))
    expected = [
        (3.0, "machine_start by words"),
        (3.0, "wait"),
        (7.0, "machine_end_beep by words"),
        (7.0, "leave_message"),
    ]
    assert told(LEAVE, *tape) == expected
    assert told(LEAVE, *tape, (9.0, BEEP)) == expected, "once"


def test_a_machine_that_does_not_beep_is_spoken_to_when_it_has_been_silent() -> None:
    tape = ((1.0, VoiceBegan()), (3.0, MAILBOX), (6.0, VoiceEnded()), (7.0, VoiceBegan()), (8.0, VoiceEnded()))
    assert told(LEAVE, *tape)[2:] == [(10.5, "machine_end_silence by words"), (10.5, "leave_message")]


def test_a_machine_that_never_stops_is_not_waited_for_for_ever() -> None:
    assert told(LEAVE, (1.0, VoiceBegan()), (3.0, MAILBOX))[-1] == (40.0, "leave_message")


def test_words_outweigh_a_short_greeting_and_the_carrier() -> None:
    tape = ((0.5, VoiceBegan()), (1.5, VoiceEnded()), (2.5, VoiceBegan()), (3.0, MAILBOX))
    assert told(HANG_UP, *tape)[1:] == [(3.0, "machine_start by words"), (3.0, "hang_up")]
    late = (4.0, CarrierSays(AnsweredBy.HUMAN))
    assert told(HANG_UP, *tape, late)[1:] == [(3.0, "machine_start by words"), (3.0, "hang_up")]


def test_a_late_verdict_of_the_carrier_mends_a_guess_by_length() -> None:
    tape = ((0.5, VoiceBegan()), (1.5, VoiceEnded()), (5.0, CarrierSays(AnsweredBy.MACHINE_START)))
    assert told(LEAVE, *tape, until_s=5.5) == [
        (2.3, "human by length"),
        (5.0, "machine_start by carrier"),
        (5.0, "wait"),
        (5.0, "machine_end_silence by carrier"),
        (5.0, "leave_message"),
    ], "its greeting is over already"
    over = ((1.0, CarrierSays(AnsweredBy.MACHINE_END_BEEP)), (1.5, CarrierSays(AnsweredBy.MACHINE_END_BEEP)))
    assert told(LEAVE, *over) == [(1.0, "machine_end_beep by carrier"), (1.0, "leave_message")]
    assert told(LEAVE, (1.0, CarrierSays(AnsweredBy.UNKNOWN)), until_s=2.0) == []


def test_a_helper_that_screens_calls_is_answered_once_and_not_hung_up_on() -> None:
    words = WordsHeard("Hi, if you record your name and reason for calling, I'll see if this person is available.")
    tape = ((0.5, VoiceBegan()), (4.0, words), (4.2, words), (5.0, VoiceEnded()))
    assert told(HANG_UP, *tape) == [(4.0, "unknown by words"), (4.0, "introduce")]


@pytest.mark.parametrize("kind", ["fax", "out_of_service"])
def test_nobody_talks_to_a_fax(kind: str) -> None:
    tone = ToneHeard("fax" if kind == "fax" else "out_of_service", 2.0)
    assert [what for _, what in told(CONTINUE, (2.0, tone), (3.0, tone))][1:] == ["hang_up"]
    assert told(CONTINUE, (2.0, CarrierSays(AnsweredBy.FAX)))[1:] == [(2.0, "hang_up")]


def test_silence_is_nobody_known_and_a_tone_before_any_word_is_nothing() -> None:
    assert told(HANG_UP, (2.0, BEEP)) == [(10.0, "unknown by time")]


def test_a_late_tick_or_an_early_one_changes_nothing() -> None:
    state = AmdState(HANG_UP, 0.0)
    assert step(state, Tick(), 1.0) == (state, ())


@pytest.mark.parametrize(
    ("words", "machine"),
    [
        ("Hello?", None),
        ("Ada speaking, how can I help you?", None),
        ("Please leave a message after the beep.", "voicemail"),
        ("You have reached the VOICEMAIL of five five five", "voicemail"),
        ("Der Teilnehmer ist zurzeit nicht erreichbar.", "voicemail"),
        ("Bitte hinterlassen Sie eine Nachricht nach dem Signalton", "voicemail"),
        ("Laissez un message après le bip", "voicemail"),
        ("Deje su mensaje después de la señal", "voicemail"),
        ("I can\u2019t come to the phone right now", "voicemail"),
        ("Go ahead and say why you're calling. Google is recording this call", "screening"),
        ("Please record your name and reason for calling, or leave a message", "screening"),
        ("", None),
    ],
)
def test_words_give_machines_away(words: str, machine: str | None) -> None:
    assert machine_in(words) == machine


def test_words_and_beeps_of_the_conversation_tell_nothing() -> None:
    tape = ((1.0, VoiceBegan()), (1.6, VoiceEnded()), (29.9, VoiceBegan()), (30.1, MAILBOX), (31.0, BEEP))
    assert told(HANG_UP, *tape) == [(2.4, "human by length")]
    assert told(LEAVE, (1.0, VoiceBegan()), (29.0, MAILBOX), (35.0, BEEP))[-1] == (35.0, "leave_message"), "waited for"


@pytest.mark.parametrize(
    "words", ["Sorry, he is not available.", "You can leave a message with me.", "It was my voicemail."]
)
def test_a_person_may_speak_of_machines(words: str) -> None:
    tape = ((0.5, VoiceBegan()), (1.5, VoiceEnded()), (5.0, WordsHeard(words)))
    assert told(HANG_UP, *tape) == [(2.3, "human by length")]
    assert told(HANG_UP, (0.5, VoiceBegan()), (2.0, WordsHeard(words)), until_s=3.0)[0] == (
        2.0,
        "machine_start by words",
    )
