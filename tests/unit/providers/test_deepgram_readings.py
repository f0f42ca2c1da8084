from types import SimpleNamespace
from typing import Any

from pipeline.ports import EagerEnd, EndOfTurn, Resumed, SttResult, WordTime
from providers.deepgram.flux import FluxReading
from providers.deepgram.nova import NovaReading


def nova(text: str, start_s: float, end_s: float, *, final: bool = True) -> Any:
    words = [SimpleNamespace(word=text.lower(), punctuated_word=text, start=start_s, end=end_s)] if text else []
    alternative = SimpleNamespace(transcript=text, confidence=0.9, words=words)
    return SimpleNamespace(
        type="Results",
        start=start_s,
        duration=end_s - start_s,
        is_final=final,
        channel=SimpleNamespace(alternatives=[alternative]),
    )


def flux(event: str, text: str, to_s: float, turn: int = 0) -> Any:
    return SimpleNamespace(
        type="TurnInfo",
        event=event,
        turn_index=turn,
        audio_window_end=to_s,
        transcript=text,
        words=[],
        end_of_turn_confidence=0.8,
    )


def test_nova_final_pieces_are_joined_and_the_interim_one_is_unsure() -> None:
    reading = NovaReading()
    reading.take(nova("Hello", 0, 1))
    assert not reading.is_read(1.5)
    reading.take(nova("there", 1, 1.5, final=False))
    assert (reading.result().text, reading.result().confidence) == ("Hello there", 0.5)
    reading.take(nova("there.", 1, 1.5))
    assert reading.is_read(1.5)
    result = reading.result()
    assert (result.text, result.confidence) == ("Hello there.", 0.9)
    assert result.words == (WordTime("Hello", 0, 1), WordTime("there.", 1, 1.5))


def test_nova_words_of_the_turn_before_are_not_this_turns() -> None:
    reading = NovaReading()
    reading.begin(2.0)
    reading.take(nova("old", 1, 2))
    assert reading.result() == SttResult("", 0.0)
    reading.take(nova("new", 2, 2.5))
    assert reading.result().words == (WordTime("new", 0, 0.5),)


def test_other_messages_say_nothing() -> None:
    for reading in (NovaReading(), FluxReading()):
        assert list(reading.take(SimpleNamespace(type="Metadata"))) == []
        assert list(reading.take(b"\0")) == []
        assert reading.result().text == ""


def test_flux_tells_of_the_turns_end() -> None:
    reading = FluxReading()
    assert list(reading.take(flux("StartOfTurn", "Hi", 1))) == []
    assert list(reading.take(flux("EagerEndOfTurn", "Hi.", 2))) == [EagerEnd("Hi.", 0.8)]
    assert list(reading.take(flux("TurnResumed", "Hi.", 2.2))) == [Resumed()]
    assert list(reading.take(flux("EndOfTurn", "Hi you.", 3))) == [EndOfTurn("Hi you.", 0.8)]
    assert reading.result().text == "Hi you."


def test_a_turn_of_ours_may_be_two_of_flux() -> None:
    reading = FluxReading()
    reading.take(flux("EndOfTurn", "My number is", 1))
    reading.take(flux("Update", "two three", 2, turn=1))
    assert reading.result().text == "My number is two three"


def test_a_forced_end_of_the_turn_before_is_not_this_turns() -> None:
    reading = FluxReading()
    reading.begin(2.0)
    assert list(reading.take(flux("EndOfTurn", "old", 2.0))) == []
    assert reading.result().text == ""
