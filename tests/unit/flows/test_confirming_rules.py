"""Reading back, corrections, gates, patterns, options, going back and being called."""

import pytest

from flows.actions import FlowEnded
from tests.unit.flows.rehearsal import Stage


def slot(parameter: str, variables: str = "{}") -> Stage:
    return Stage(f"""
variables: {variables}
states:
  a:
    say: Say it.
    tools: {{t: {{parameters: {{x: {parameter}}}}}}}
    transitions: {{on_tool_call: {{t: b}}}}
  b: {{say: Done., transitions: {{on_action: {{go: a}}}}}}
""")


def test_what_is_read_back_is_said_as_people_say_it() -> None:
    stage = slot("{recognise: date, confirm: always}")
    assert stage.hear("2026-12-24") == ["say I heard Thursday the 24th of December. Is that right?"]
    stage = slot("{enum: [red_wine, beer], confirm: always}")
    assert stage.hear("red wine") == ["say I heard red wine. Is that right?"]


def test_after_three_unclear_answers_the_slot_is_asked_for_anew() -> None:
    stage = slot("{recognise: number, confirm: always}")
    stage.hear("fifty")
    again = "say Sorry, was that 50? Please say yes or no."
    assert stage.hear("the weather") == [again]
    assert stage.hear("the weather") == [again]
    assert stage.hear("the weather") == ["say Let us try again. Say it."]
    assert (stage.state.confirmation, stage.state.misses) == (None, 0)


def test_yes_after_an_unclear_answer_forgives_it() -> None:
    stage = Stage(
        """
states:
  a:
    say: Say it.
    tools:
      t:
        parameters:
          x: {recognise: number, confirm: always, required: true}
          d: {recognise: date, required: true}
    transitions: {on_tool_call: {t: a}}
"""
    )
    stage.hear("fifty")
    stage.hear("the weather")
    assert stage.state.misses == 1
    assert stage.hear("yes") == ["set x 50", "say What is your d?"]
    assert stage.state.misses == 0


def test_no_asks_again() -> None:
    stage = slot("{recognise: number, confirm: always}")
    stage.hear("fifty")
    assert stage.hear("no") == ["say Sorry about that. Say it."]
    assert stage.state.confirmation is None


def test_a_doubtful_correction_is_read_back_three_times_at_most() -> None:
    stage = slot("{recognise: number}")
    stage.hear("fifty", 0.1)
    assert stage.hear("no, sixty", 0.1) == ["say I heard 60. Is that right?"]
    assert stage.hear("no, seventy", 0.1) == ["say I heard 70. Is that right?"]
    assert stage.hear("no, eighty", 0.1) == ["set x 80", "enter b", "say Done."]


def test_a_correction_that_is_surely_heard_is_taken() -> None:
    stage = slot("{recognise: number}")
    stage.hear("fifty", 0.1)
    assert stage.hear("no, sixty", 0.6) == ["set x 60", "enter b", "say Done."]


def test_a_correction_of_one_value_keeps_the_other() -> None:
    stage = Stage(
        """
states:
  a:
    say: Say it.
    tools: {t: {parameters: {day: {recognise: date, required: true}, at: {recognise: time, required: true}}}}
    transitions: {on_tool_call: {t: b}}
  b: {say: Done., transitions: {on_action: {go: a}}}
"""
    )
    assert stage.hear("2026-12-24 at 3:30 PM", 0.1) == [
        "say I heard Thursday the 24th of December and 3:30 PM. Is that right?"
    ]
    assert stage.hear("no, at 5 PM") == ['set day "2026-12-24"', 'set at "17:00"', "enter b", "say Done."]


@pytest.mark.parametrize(
    ("kind", "first", "answer", "value"),
    [
        ("name", "Ada", "yes", "Ada"),
        ("number", "fifty", "yes", 50),
        ("number", "fifty", "sixty", 60),
        ("name", "Ada", "no, Bob", "Bob"),
        ("name", "Ada", "my name is Bob", "Bob"),
        ("name", "Ada", "Ade", "Ade"),
    ],
)
def test_an_answer_is_a_yes_or_a_correction(kind: str, first: str, answer: str, value: object) -> None:
    stage = slot(f"{{recognise: {kind}, confirm: always}}")
    stage.hear(first)
    stage.hear(answer)
    assert stage["x"] == value


def test_a_word_that_is_nothing_like_the_name_is_no_correction() -> None:
    stage = slot("{recognise: name, confirm: always}")
    stage.hear("Ada")
    assert stage.hear("Wolfgang") == ["say Sorry, was that Ada? Please say yes or no."]


def test_yes_to_a_yes_is_a_yes() -> None:
    stage = slot("{recognise: yes_no, confirm: always}")
    stage.hear("no")
    assert stage.hear("yes") == ["set x false", "enter b", "say Done."]


GATE = """
states:
  a:
    say: Day and time?
    tools:
      t:
        parameters:
          name: {recognise: text}
          day: {recognise: date, required: true}
          at: {recognise: time, required: true}
    confirmation_gate: {variables: [missing_param, day, at], on_confirm: b, on_reject: {target: c}}
  b: {say: B., transitions: {on_action: {go: a}}}
  c: {say: C., transitions: {on_action: {go: a}}}
"""


def pending() -> Stage:
    stage = Stage(GATE)
    stage.ui("typed", missing_param="x")
    stage.hear("on the 24th of December")
    stage.hear("at 3 PM")
    assert stage.state.gate_pending is True
    return stage


def test_a_gate_takes_yes_and_no() -> None:
    stage = pending()
    assert stage.hear("yes") == ["enter b", "say B."]
    assert stage.state.gate_pending is False
    stage = pending()
    assert stage.hear("no") == [
        "set missing_param null", "set day null", "set at null", "enter c", "say C.",
    ]  # fmt: skip
    assert stage.state.gate_pending is False


def test_a_gate_takes_a_correction_of_a_later_value_and_asks_again() -> None:
    stage = pending()
    lines = stage.hear("no, at 5 PM")
    assert lines[0] == 'set at "17:00"'
    assert lines[-1].startswith("say I have missing param: x, day: Thursday the 24th of December and at: 5 PM.")


def test_the_same_value_again_is_no_correction() -> None:
    stage = pending()
    assert stage.hear("yes, at 3 PM") == ["enter b", "say B."]


RULES = """
variables: {age: {type: number}}
states:
  a:
    say: Yes?
    ui: {artifact_type: options, options: [{id: tea, label: Green tea}, {id: milk}, nothing]}
    transitions:
      on_action: {option_select: {set: {drink: x}}}
      on_utterance:
        - {pattern: 'minor ([0-9]+)', capture_to: age, guard: {variable: age, operator: lt, value: 18}, target: b}
        - {pattern: 'call me (.+)', capture_to: nick, requires_confirmation: true, target: b}
        - {pattern: 'stop', requires_confirmation: true, target: b}
        - {pattern: 'remember', set: {note: 1}}
        - {pattern: 'age (.+)', capture_to: age, target: b}
  b: {say: B., transitions: {on_action: {go: a}}}
"""


def test_a_guard_sees_what_its_own_pattern_took_as_its_type() -> None:
    stage = Stage(RULES)
    assert stage.hear("minor 9") == ["set age 9", "enter b", "say B."]
    stage = Stage(RULES)
    assert stage.hear("minor 40")[0] == "blocked guard_failed b: needs age lt 18"


def test_a_pattern_may_want_a_yes_with_or_without_a_capture() -> None:
    stage = Stage(RULES)
    assert stage.hear("call me Bob") == ["say I heard Bob. Is that right?"]
    assert stage.hear("yes") == ['set nick "Bob"', "enter b", "say B."]
    stage = Stage(RULES)
    assert stage.hear("stop") == ["say I heard stop. Is that right?"]
    assert stage.state.confirmation is not None
    assert stage.state.confirmation.values == (("", "stop"),)
    assert stage.hear("yes") == ["enter b", "say B."]


def test_while_something_is_confirmed_a_pattern_still_counts() -> None:
    stage = Stage(RULES)
    stage.hear("call me Bob")
    assert stage.hear("call me Eve") == ["say I heard Eve. Is that right?"]


def test_a_pattern_without_target_repeats_the_question() -> None:
    stage = Stage(RULES)
    assert stage.hear("remember") == ["set note 1", "say Yes?"]


def test_a_capture_that_does_not_fit_is_refused_in_words() -> None:
    stage = Stage(RULES)
    assert stage.hear("age of reason") == [
        "blocked variable_invalid ?: 'age' must be a number.",
        "say Sorry, that does not fit. Yes?",
    ]


def test_an_option_named_aloud_counts_as_tapped_and_the_question_stays() -> None:
    stage = Stage(RULES)
    assert stage.hear("green tea please") == ['set selected_id "tea"', 'set drink "x"', "say Yes?"]
    stage = Stage(RULES)
    assert stage.hear("milk")[0] == 'set selected_id "milk"'
    stage = Stage(RULES)
    assert stage.hear("nothing") == ["say Sorry, I did not get that. Yes?"]


def test_options_that_lead_nowhere_are_not_taken() -> None:
    stage = Stage(RULES.replace("option_select", "other"))
    assert stage.hear("milk") == ["say Sorry, I did not get that. Yes?"]


def test_options_that_are_no_list_are_none() -> None:
    stage = Stage(RULES.replace("options: [{id: tea, label: Green tea}, {id: milk}, nothing]", "options: tea"))
    assert stage.hear("tea") == ["say Sorry, I did not get that. Yes?"]


def test_after_the_farewell_the_bot_only_says_goodbye() -> None:
    text = "states:\n  a: {say: A., transitions: {on_action: {go: b}}}\n  b: {agent: {prompt: P}, say: Bye.}\n"
    stage = Stage(text)
    stage.ui("go")
    assert stage.hear("wait") == ["say Goodbye."]
    stage = Stage(text, llm=True)
    stage.ui("go")
    assert stage.hear("wait") == ["ask"]
    stage = Stage(text.replace("agent: {prompt: P}, ", ""), llm=True)
    stage.ui("go")
    assert stage.hear("wait") == ["say Goodbye."]


def test_the_end_tells_all_variables_and_what_is_missing() -> None:
    stage = Stage(
        """
variables: {x: {required: true}, y: {required: true}, z: {required: true, default: 1}}
states:
  a: {say: A., transitions: {on_action: {go: {target: __end__, set: {x: ""}}}}}
"""
    )
    stage.ui("go")
    stage.heard_out()
    (ended,) = (each for each in stage.actions if isinstance(each, FlowEnded))
    assert (ended.reason, ended.missing) == ("completed", ("x", "y"))
    assert ended.variables == {"x": "", "y": None, "z": "1"}


def test_an_edge_whose_guard_fails_says_what_it_needs() -> None:
    text = """
states:
  a:
    say: A.
    transitions: {on_action: {go: {target: a, guard: {variable: x, operator: empty}}, set: {set: {x: 1}}}}
"""
    stage = Stage(text)
    stage.ui("set")
    assert stage.ui("go") == ["blocked guard_failed a: needs x empty"]
    stage = Stage(text.replace("operator: empty", "operator: not_empty"))
    assert stage.ui("go") == ["blocked guard_failed a: needs x not_empty"]


def test_an_empty_value_does_not_fill_a_gate() -> None:
    stage = Stage(
        """
states:
  a: {say: A., transitions: {on_action: {x: {set: {v: ''}}, go: b}}}
  b: {say: B., confirmation_gate: {variables: [v], on_confirm: a}}
"""
    )
    stage.ui("x")
    stage.ui("go")
    assert stage.state.gate_pending is False


def test_going_back_is_no_silence_and_ends_nothing() -> None:
    stage = Stage(
        "settings: {allow_back: true}\nstates:\n  a: {say: A., transitions: {on_action: {go: b}}}\n"
        "  b: {say: B., transitions: {on_timeout: {seconds: 5}}}\n"
    )
    stage.ui("go")
    stage.silence()
    assert stage.hear("go back") == ["enter a", "say A."]
    assert (stage.state.timeouts, stage.state.history, stage.state.closing) == ({}, (), None)
