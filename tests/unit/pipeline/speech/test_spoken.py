from pipeline.speech.normalise import normalise
from pipeline.speech.spoken import Segment, as_written, assemble


def said_until(text: str, last_word: str) -> str:
    """What was written once `last_word` of what is said is over."""
    spoken = normalise(text)
    return spoken.shown_until(spoken.said.index(last_word) + len(last_word))


def test_a_price_is_heard_only_when_its_last_word_is() -> None:
    assert said_until("It costs $4.50 a day.", "costs") == "It costs"
    assert said_until("It costs $4.50 a day.", "dollars") == "It costs"
    assert said_until("It costs $4.50 a day.", "cents") == "It costs $4.50"
    assert said_until("It costs $4.50 a day.", "day.") == "It costs $4.50 a day."


def test_a_number_of_several_words_is_heard_as_a_whole() -> None:
    assert said_until("Call 020 7946 0958 now.", "nine five") == "Call"
    assert said_until("Call 020 7946 0958 now.", "eight") == "Call 020 7946 0958"


def test_what_is_not_said_belongs_to_the_word_before_it() -> None:
    spoken = normalise("Fine 😊 and **good**.")
    assert spoken.said == "Fine and good."
    assert spoken.shown_until(4) == "Fine 😊"
    assert spoken.shown_until(len(spoken.said)) == "Fine 😊 and **good**."


def test_nothing_is_heard_before_the_first_word_is_over() -> None:
    spoken = normalise("😊 Hello there")
    assert spoken.shown_until(0) == ""
    assert spoken.shown_until(4) == ""
    assert spoken.shown_until(5) == "😊 Hello"


def test_what_is_said_as_written_lies_on_itself() -> None:
    spoken = as_written(" one  two ")
    assert [spoken.shown_until(chars) for chars in (3, 4, 9, 99)] == ["", "one", "one  two", "one  two"]
    assert as_written("").shown_until(5) == ""


def test_words_that_run_into_each_other_are_parted() -> None:
    said = assemble("5x6", [Segment(0, 1, "five"), Segment(1, 2, "times"), Segment(2, 3, "six")]).said
    assert said == "five times six"


def test_a_breath_is_not_doubled_and_does_not_begin_a_sentence() -> None:
    assert normalise("(Well), yes").said == "Well, yes"
    assert normalise("Gate A").said == "Gate A"
    assert normalise("Code A1").said == "Code A, one"
    assert normalise("Row 1A.").said == "Row one A."
