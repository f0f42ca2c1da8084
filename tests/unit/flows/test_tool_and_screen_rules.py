"""What a model's tool calls and a user's taps do, and what is answered to them."""

import pytest

from flows.actions import ToolReturned, TransitionBlocked
from tests.unit.flows.rehearsal import Stage

BOOKING = """
variables: {seats: {type: number}, day: {}, vip: {type: boolean}}
states:
  a:
    agent: {prompt: P}
    ui: {artifact_type: form, fields: [{id: seats, label: Seats}, {id: day}]}
    tools:
      book:
        parameters: {seats: {type: number, required: true}, day: {}}
        auto_extract:
          seats: {patterns: ['(many|[0-9]+) of us', '([0-9]+) seats']}
          day: {patterns: ['on (\\w*)']}
      note: {parameters: {seats: {type: number}, day: {}}}
      plain: {speech_cue: Say thanks.}
    transitions:
      on_tool_call: {book: {target: b, guard: {variable: seats, operator: lt, value: 9}}, plain: {set: {vip: true}}}
  b: {agent: {prompt: Q}, tools: {t: {}}, transitions: {on_tool_call: {t: a}}}
"""
GATED = """
states:
  a:
    agent: {prompt: P}
    tools:
      take: {parameters: {first_name: {required: true}, day: {required: true}}}
      leave: {}
      peek: {}
    transitions: {on_tool_call: {take: b, leave: c}}
    confirmation_gate: {variables: [first_name, day], on_confirm: b, on_reject: {target: c}}
  b: {say: B., transitions: {on_action: {go: a}}}
  c: {say: C., transitions: {on_action: {go: a}}}
"""


def returned(stage: Stage) -> list[tuple[str, str, bool]]:
    return [(each.call_id, each.result, each.run_again) for each in stage.actions if isinstance(each, ToolReturned)]


def test_a_call_that_leads_on_returns_nothing_and_the_new_state_speaks() -> None:
    stage = Stage(BOOKING, llm=True)
    assert stage.tool("book", seats="4") == ["set seats 4", "field seats 4", "return", "enter b", "ask t"]
    assert returned(stage) == [("call-7", "", False)]


def test_a_call_whose_guard_fails_tells_the_model_why() -> None:
    stage = Stage(BOOKING, llm=True)
    assert stage.tool("book", seats=10)[2:] == [
        "blocked guard_failed b: needs seats lt 9",
        "return Not possible: needs seats lt 9",
    ]
    assert returned(stage) == [("call-7", "Not possible: needs seats lt 9", True)]
    assert stage.state.speaking is True


def test_a_call_without_what_it_needs_is_told_what_is_missing() -> None:
    stage = Stage(BOOKING, llm=True)
    assert stage.tool("book") == ["return Still missing: seats. Ask for it."]


def test_all_that_does_not_fit_is_told_and_what_fits_is_kept() -> None:
    stage = Stage(BOOKING, llm=True)
    lines = stage.tool("book", seats="lots", vip="perhaps", ghost=1, day="today")
    assert lines == [
        "blocked variable_invalid ?: 'seats' must be a number.",
        "blocked variable_invalid ?: 'vip' must be true or false.",
        'set day "today"',
        'field day "today"',
        "return Not accepted: seats must be a number; vip must be true or false. Ask the caller again.",
    ]
    assert "ghost" not in stage.state.variables


def test_a_call_that_stays_is_told_what_the_form_still_wants() -> None:
    stage = Stage(BOOKING, llm=True)
    assert stage.tool("note", seats=3)[-1] == "return Noted. Now ask for day."
    assert stage.tool("note", day="today")[-1] == "return Everything is captured. Go on."
    stage = Stage(BOOKING, llm=True)
    assert stage.tool("note") == ["return Noted. Now ask for Seats and day."]


def test_a_call_without_target_sets_what_its_edge_says_and_gives_the_cue() -> None:
    stage = Stage(BOOKING, llm=True)
    assert stage.tool("plain") == ["set vip true", "return Say thanks."]
    assert returned(stage) == [("call-7", "Say thanks.", True)]


def test_outside_a_form_the_model_is_told_to_go_on() -> None:
    stage = Stage("states:\n  a: {agent: {prompt: P}, tools: {t: {}}, transitions: {on_action: {x: a}}}\n", llm=True)
    assert stage.tool("t") == ["return Noted. Go on with the conversation."]


def test_a_tool_of_another_state_is_refused() -> None:
    stage = Stage(BOOKING, llm=True)
    detail = "The tool 't' cannot be used in this step."
    assert stage.tool("t") == [f"blocked tool_not_allowed ?: {detail}", f"return {detail}"]


@pytest.mark.parametrize(
    ("said", "given", "seats", "day"),
    [
        ("so 5 seats on Friday", {}, 5, "Friday"),
        ("so 5 seats on Friday", {"seats": "a few", "day": "Monday"}, 5, "Monday"),
        ("so 5 seats on Friday", {"seats": "", "day": None}, 5, "Friday"),
        ("so 5 seats on ", {"seats": 3}, 3, None),
        ("so nothing", {"seats": 3}, 3, None),
        ("so 7 of us, no, 5 seats", {}, 7, None),
    ],
)
def test_missing_and_unfit_arguments_come_from_the_last_turn(
    said: str, given: dict[str, object], seats: int, day: str | None
) -> None:
    rule = "on_utterance: [{pattern: ^so, set: {heard: 1}}]\n      on_tool_call:"
    stage = Stage(BOOKING.replace("on_tool_call:", rule, 1), llm=True)
    stage.hear(said)
    stage.tool("book", **given)
    assert (stage["seats"], stage["day"]) == (seats, day)


def test_a_gate_is_asked_by_the_model_once_all_is_there() -> None:
    stage = Stage(GATED, llm=True)
    assert stage.tool("take", first_name="Ada") == [
        'set first_name "Ada"',
        "return Still missing: day. Ask for it.",
    ]
    assert stage.tool("confirm_day") == ["return There is nothing to confirm yet: day is not known. Ask for it."]
    assert stage.tool("take", day="2026-12-24")[-1] == (
        "return Ask the caller to confirm: I have first name: Ada and day: 2026-12-24. Is that right?"
    )
    assert (stage.state.gate_pending, stage.state.asking) == (True, None)


def gated() -> Stage:
    stage = Stage(GATED, llm=True)
    stage.tool("take", first_name="Ada", day="today")
    return stage


def test_a_pending_gate_refuses_to_be_passed_by_another_tool() -> None:
    stage = gated()
    detail = "The caller has not confirmed yet. Ask for the confirmation first."
    assert stage.tool("leave") == [f"blocked pending_confirmation c: {detail}", f"return {detail}"]
    assert stage.tool("peek") == ["return Noted. Go on with the conversation."]


def test_each_gated_value_is_confirmed_and_the_last_leads_on() -> None:
    stage = gated()
    assert stage.tool("confirm_day") == ["return Now ask the caller to confirm first name."]
    assert stage.tool("confirm_first_name") == ["return", "enter b", "say B."]
    assert returned(stage) == [("call-7", "", False)]
    assert stage.state.gate_pending is False


def test_a_rejected_value_is_cleared_alone() -> None:
    stage = gated()
    assert stage.tool("reject_day") == ["return", "set day null", "enter c", "say C."]
    assert returned(stage) == [("call-7", "", False)]
    assert (stage["first_name"], stage.state.gate_pending) == ("Ada", False)


def test_a_gate_that_was_filled_elsewhere_is_asked_before_it_is_confirmed() -> None:
    stage = Stage(GATED, llm=True)
    stage.ui("typed", first_name="Ada", day="today")
    stage.state = stage.state.__class__(
        **{name: getattr(stage.state, name) for name in stage.state.__slots__} | {"gate_pending": False}
    )
    line = "return Ask the caller to confirm first: I have first name: Ada and day: today. Is that right?"
    assert stage.tool("confirm_day") == [line]
    assert stage.state.gate_pending is True


FORM = """
variables: {colour: {type: enum, enum: [red, green]}, tone: {type: enum, enum: [dark, red]}, size: {type: number}}
states:
  a:
    say: Size?
    ui: {artifact_type: form, fields: [{id: size, label: Size}]}
    tools: {t: {parameters: {size: {recognise: number, required: true}, hue: {required: true}}}}
    transitions: {on_tool_call: {t: b}, on_action: {skip: b}, on_timeout: {seconds: 9}}
  b: {say: B., transitions: {on_action: {go: a}}}
"""


def test_a_form_that_leaves_something_open_asks_for_it() -> None:
    stage = Stage(FORM)
    assert stage.ui("form_submit", size=3) == ["set size 3", "field size 3", "say What is your hue?"]
    assert stage.ui("typed", hue="x") == ['set hue "x"', "enter b", "say B."]


def test_a_form_value_that_does_not_fit_is_told() -> None:
    stage = Stage(FORM)
    assert stage.ui("form_submit", size="big") == [
        "blocked variable_invalid ?: 'size' must be a number.",
        "say Sorry, that does not fit. Please check it.",
    ]


def test_an_action_that_nothing_answers_is_told() -> None:
    stage = Stage(FORM)
    assert stage.ui("dance") == ["blocked invalid_target ?: Nothing here answers 'dance'."]
    blocked = stage.actions[0]
    assert isinstance(blocked, TransitionBlocked)
    assert blocked.variables == {"colour": None, "tone": None, "size": None}


def test_a_form_sent_too_early_names_the_fields() -> None:
    stage = Stage(FORM)
    assert stage.ui("form_validation_error", missing_fields="first_name") == ["say Please fill in first name."]
    assert stage.ui("form_validation_error") == ["say Please fill in the missing fields."]
    assert stage.ui("form_validation_error", missing_fields="x" * 300) == [f"say Please fill in {'x' * 200}."]


def test_with_a_model_the_model_names_the_fields() -> None:
    stage = Stage("states:\n  a: {agent: {prompt: P}, transitions: {on_action: {x: a}}}\n", llm=True)
    assert stage.ui("form_validation_error", missing_fields="name") == ["ask"]
    assert "The form was sent without: name. Ask for it." in stage.instructions()


def test_a_choice_fills_the_only_variable_that_can_hold_it() -> None:
    stage = Stage(FORM)
    stage.ui("option_select", selected_id="green")
    assert stage["colour"] == "green"
    stage = Stage(FORM)
    stage.ui("option_select", selected_id="red")
    assert (stage["colour"], stage["tone"]) == (None, None)
    stage = Stage(FORM)
    stage.ui("option_select", selected_id="green", colour="red")
    assert stage["colour"] == "red"


def test_typing_what_is_being_confirmed_settles_it_and_typing_anything_else_does_not() -> None:
    stage = Stage(FORM)
    assert stage.hear("four", 0.1) == ["say I heard 4. Is that right?"]
    stage.ui("typed", hue="x")
    assert stage.state.confirmation is not None
    stage.ui("typed", size=5)
    assert stage.state.confirmation is None
    assert stage.state.node == "b"


def test_an_emptied_field_counts_as_not_filled() -> None:
    stage = Stage(FORM)
    stage.ui("typed", hue="")
    assert stage.state.filled == ()
    stage.ui("typed", elsewhere="x")
    assert stage.state.filled == ()


def test_an_action_ends_a_confirmation_even_where_it_stays() -> None:
    stage = Stage(FORM.replace("skip: b", "skip: {set: {size: 1}}"))
    stage.hear("four", 0.1)
    stage.ui("skip")
    assert (stage.state.confirmation, stage["size"]) == (None, 1)


GATE = """
states:
  a:
    say: Day?
    tools: {t: {parameters: {day: {recognise: date, required: true}}}}
    transitions: {on_action: {stay: {set: {x: 1}}}, on_timeout: {seconds: 5}}
    confirmation_gate: {variables: [day], on_confirm: b, on_reject: {target: c}}
  b: {say: B., transitions: {on_action: {go: a}}}
  c: {say: C., transitions: {on_action: {go: a}}}
"""


@pytest.mark.parametrize(("action", "where"), [("confirm", "b"), ("reject", "c")])
def test_the_buttons_of_a_gate_answer_it(action: str, where: str) -> None:
    stage = Stage(GATE)
    stage.hear("2026-12-24")
    assert stage.state.gate_pending is True
    stage.ui(action)
    assert (stage.state.node, stage.state.gate_pending) == (where, False)


def test_other_buttons_do_not_answer_a_gate() -> None:
    stage = Stage(GATE)
    stage.hear("2026-12-24")
    assert stage.ui("nod") == ["blocked invalid_target ?: Nothing here answers 'nod'."]
    assert stage.state.gate_pending is True
    stage.ui("stay")
    assert stage.state.gate_pending is False


def test_a_tap_ends_silence_and_half_dialled_keys() -> None:
    stage = Stage(GATE)
    stage.silence()
    assert stage.state.timeouts == {"a": 1}
    stage.ui("nod")
    assert (stage.state.timeouts, stage.state.keys, stage.state.keys_deadline_s) == ({}, "", None)
