"""What a turn fills, what it must not fill, and what is asked then."""

import pytest

from tests.unit.flows.rehearsal import Stage

TWO = """
states:
  a:
    say: Seats and day?
    tools:
      book:
        parameters:
          seats: {recognise: number, required: true, minimum: 2, maximum: 100}
          day: {recognise: date, required: true}
    transitions: {on_tool_call: {book: b}}
  b: {say: Done.}
"""


def slot(parameter: str, more: str = "") -> str:
    return f"""
states:
  a:
    say: Say it.
    tools: {{t: {{parameters: {{x: {parameter}{more}}}}}}}
    transitions: {{on_tool_call: {{t: b}}}}
  b: {{say: Done.}}
"""


@pytest.mark.parametrize(
    ("said", "value"), [("one", None), ("two", 2), ("one hundred", 100), ("a hundred and one", None)]
)
def test_a_number_outside_its_bounds_is_not_taken(said: str, value: int | None) -> None:
    stage = Stage(TWO)
    stage.hear(said)
    assert stage["seats"] == value


def test_bounds_that_are_no_numbers_bound_nothing() -> None:
    stage = Stage(slot("{recognise: number, minimum: many, maximum: few}"))
    stage.hear("fifty")
    assert stage["x"] == 50


def test_without_a_day_of_the_caller_the_first_of_1970_counts() -> None:
    stage = Stage(slot("{recognise: date}"), today="whenever")
    stage.hear("tomorrow")
    assert stage["x"] == "1970-01-02"


def test_a_free_text_that_two_recognisers_heard_otherwise_is_not_read_back() -> None:
    stage = Stage(slot("{recognise: text}"))
    assert stage.hear("lovely food", 0.2, "lovely mood") == ['set x "lovely food"', "enter b", "say Done."]


def test_yes_and_no_that_clash_are_asked_again_but_what_else_was_said_counts() -> None:
    stage = Stage(
        """
states:
  a:
    say: Vegan, and which day?
    tools: {t: {parameters: {vegan: {recognise: yes_no, required: true}, day: {recognise: date, required: true}}}}
    transitions: {on_tool_call: {t: b}}
  b: {say: Done.}
"""
    )
    stage.hear("yes, on 2026-12-24", 1.0, "no, on 2026-12-24")
    assert (stage["vegan"], stage["day"]) == (None, "2026-12-24")


@pytest.mark.parametrize(
    ("confirm", "confidence", "asked"),
    [("auto", 0.6, False), ("auto", 0.59, True), ("never", 0.1, False), ("always", 1.0, True)],
)
def test_a_value_is_read_back_where_there_is_doubt(confirm: str, confidence: float, asked: bool) -> None:
    stage = Stage(slot(f"{{recognise: number, confirm: {confirm}}}"))
    lines = stage.hear("fifty", confidence)
    assert (lines == ["say I heard 50. Is that right?"]) is asked
    assert (stage["x"] == 50) is not asked


def test_a_value_that_was_known_before_is_not_overwritten_in_passing() -> None:
    text = """
variables: {day: {default: "2026-12-24"}}
states:
  a:
    say: How many?
    tools:
      t: {parameters: {seats: {recognise: number, required: true}, day: {recognise: date}}}
    transitions: {on_tool_call: {t: b}}
  b: {say: Done.}
"""
    stage = Stage(text)
    stage.hear("two for 2026-12-31")
    assert (stage["seats"], stage["day"]) == (2, "2026-12-24")
    stage = Stage(text.replace('{default: "2026-12-24"}', "{}"))
    stage.hear("two for 2026-12-31")
    assert stage["day"] == "2026-12-31"


def test_a_slot_of_this_visit_can_be_said_again_only_where_nothing_open_fits() -> None:
    stage = Stage(TWO)
    stage.hear("four")
    assert stage["seats"] == 4
    stage.hear("on 2026-12-24")
    assert (stage["seats"], stage["day"], stage.state.node) == (4, "2026-12-24", "b")


def test_the_digits_of_a_day_are_no_number_of_seats() -> None:
    stage = Stage(TWO)
    stage.hear("the 3rd of May")
    assert (stage["seats"], stage["day"]) == (None, "2027-05-03")


def test_a_free_text_that_is_asked_for_takes_the_whole_turn() -> None:
    stage = Stage(
        """
states:
  a:
    say: Tell me.
    tools: {t: {parameters: {note: {recognise: text, required: true}, day: {recognise: date, required: true}}}}
    transitions: {on_tool_call: {t: b}}
  b: {say: Done.}
"""
    )
    stage.hear("I come tomorrow")
    assert (stage["note"], stage["day"]) == ("I come tomorrow", None)


def test_digits_that_are_asked_for_come_before_a_telephone_number() -> None:
    stage = Stage(
        """
states:
  a:
    say: Your card?
    tools: {t: {parameters: {card: {recognise: digits, required: true}, line: {recognise: phone, required: true}}}}
    transitions: {on_tool_call: {t: b}}
  b: {say: Done.}
"""
    )
    stage.hear("4155550132")
    assert (stage["card"], stage["line"]) == ("4155550132", None)


def test_with_a_model_and_a_line_of_its_own_a_state_reads_numbers_but_no_names() -> None:
    text = """
states:
  a:
    say: Name and seats?
    tools: {t: {parameters: {name: {required: true}, seats: {type: number, required: true}}}}
    transitions: {on_tool_call: {t: b}}
  b: {say: Done.}
"""
    stage = Stage(text, llm=True)
    stage.hear("my name is Ada and we are four")
    assert stage["name"] is None
    stage = Stage(text.replace("name: {required: true}, ", ""), llm=True)
    stage.hear("four")
    assert stage["seats"] == 4
    stage = Stage(text.replace("name: {required: true}, ", "").replace("    say: Name and seats?\n", ""), llm=True)
    assert stage.hear("four") == ["ask t"]


def test_what_does_not_fit_its_type_is_refused_in_words() -> None:
    stage = Stage(slot("{type: number, recognise: text}"))
    assert stage.hear("many") == [
        "blocked variable_invalid ?: 'x' must be a number.",
        "say Sorry, that does not fit. Say it.",
    ]
    assert stage.state.misses == 0
    assert stage["x"] is None


def test_understanding_something_forgives_the_misses_before() -> None:
    stage = Stage(TWO)
    stage.hear("hm")
    assert stage.state.misses == 1
    stage.hear("four")
    assert stage.state.misses == 0


def test_a_pending_gate_asks_for_nothing_else() -> None:
    stage = Stage(
        """
states:
  a:
    say: How many, and when?
    tools: {t: {parameters: {seats: {recognise: number, required: true}, day: {recognise: date, required: true}}}}
    confirmation_gate: {variables: [seats], on_confirm: b}
  b: {say: Done.}
"""
    )
    stage.hear("four")
    assert (stage.state.gate_pending, stage.state.asking) == (False, "day")
    assert stage.hear("2026-12-24")[-1] == "say I have seats: 4. Is that right?"
    assert (stage.state.gate_pending, stage.state.asking) == (True, None)


def test_a_tool_that_does_not_advance_is_passed_over_for_one_that_does() -> None:
    stage = Stage(
        """
states:
  a:
    say: How many?
    tools:
      note: {advances: false, parameters: {seats: {recognise: number}}}
      loose: {parameters: {seats: {recognise: number}}}
      book: {parameters: {seats: {recognise: number}}}
    transitions: {on_tool_call: {note: c, loose: {set: {x: 1}}, book: b}}
  b: {say: Done.}
  c: {say: No.}
"""
    )
    stage.hear("four")
    assert stage.state.node == "b"
