"""Silence, deadlines, and a model that fails."""

import pytest

from tests.unit.flows.rehearsal import Stage


def waiting(timeout: str, more: str = "", states: str = "") -> Stage:
    return Stage(f"""
states:
  a:
    say: Who is there?
    reprompt: [Hello?, Anybody?]
    transitions: {{on_action: {{tap: {{set: {{x: 1}}}}, go: b}}, on_timeout: {timeout}}}
{more}  b: {{say: B., transitions: {{on_action: {{go: a}}}}}}
  bye: {{say: Bye.}}
{states}""")


def test_without_a_target_the_question_is_asked_twice_and_then_the_call_ends() -> None:
    stage = waiting("{seconds: 5}")
    assert stage.silence() == ["say Hello?"]
    assert stage.now_s == 5.0
    assert stage.silence() == ["say Anybody?"]
    assert stage.silence() == ["say Thank you. Goodbye."]
    assert stage.heard_out() == ["end timeout"]
    assert stage.state.deadline_s is None


def test_retries_of_its_own_count_also_without_a_target() -> None:
    stage = waiting("{seconds: 5, max_retries: 1}")
    assert stage.silence() == ["say Hello?"]
    assert stage.silence() == ["say Thank you. Goodbye."]


def test_with_a_target_it_is_entered_each_time_unless_retries_are_given() -> None:
    stage = waiting("{seconds: 5, target: a}")
    for _ in range(5):
        assert stage.silence() == ["enter a", "say Who is there?"]


def test_after_the_retries_a_target_elsewhere_is_entered_and_the_reason_is_silence() -> None:
    stage = waiting("{seconds: 5, target: bye, max_retries: 0}")
    assert stage.silence() == ["enter bye", "say Bye."]
    assert stage.heard_out() == ["end timeout"]


def test_a_target_entered_by_silence_ends_with_that_reason() -> None:
    stage = waiting("{seconds: 5, target: bye}")
    stage.silence()
    assert stage.heard_out() == ["end timeout"]


def test_after_the_retries_a_target_right_here_is_no_way_out() -> None:
    stage = waiting("{seconds: 5, target: a, max_retries: 1}")
    assert stage.silence() == ["enter a", "say Who is there?"]
    assert stage.silence() == ["say Thank you. Goodbye."]


def test_a_guard_on_silence_says_what_it_needs_and_the_question_is_asked_again() -> None:
    stage = waiting("{seconds: 5, target: bye, guard: {variable: x, operator: eq, value: 1}}")
    assert stage.silence() == ["blocked guard_failed bye: needs x eq 1", "say Hello?"]


def test_silence_is_counted_for_each_state_by_itself() -> None:
    stage = waiting("{seconds: 5, max_retries: 1}")
    stage.silence()
    assert stage.state.timeouts == {"a": 1}


def test_without_words_for_it_the_bot_asks_whether_somebody_is_there() -> None:
    stage = Stage("states:\n  a: {say: Hm?, transitions: {on_timeout: {seconds: 5}}}\n")
    assert stage.silence() == ["say Are you still there? Hm?"]
    assert stage.silence() == ["say I am still listening. Hm?"]


def test_a_model_is_told_of_the_silence() -> None:
    text = "states:\n  a: {agent: {prompt: P}, transitions: {on_timeout: {seconds: 5}}}\n"
    stage = Stage(text, llm=True)
    assert stage.silence() == ["ask"]
    assert "\nThe caller has been silent. Kindly ask again, in other words." in stage.instructions()


def test_a_tap_starts_the_timer_only_where_nothing_is_being_said() -> None:
    stage = waiting("{seconds: 5}")
    stage.ui("tap")
    assert (stage.state.speaking, stage.state.timer_s) == (True, None)
    stage.heard_out()
    assert stage.state.speaking is False
    stage.now_s = 2.0
    stage.ui("tap")
    assert stage.state.timer_s == 7.0


def test_a_tap_on_the_way_out_starts_no_timer() -> None:
    stage = waiting("{seconds: 5}", states="  c: {say: x}\n")
    stage.silence()
    stage.silence()
    stage.silence()
    stage.ui("tap")
    assert stage.state.timer_s is None


def test_speech_stops_the_timer() -> None:
    stage = waiting("{seconds: 5}")
    stage.heard_out()
    assert stage.state.timer_s == 5.0
    stage.hear("hm")
    assert stage.state.timer_s is None
    assert stage.state.timeouts == {}


FAILING = """
states:
  a:
    agent: {prompt: P}
    transitions: {on_action: {go: b}}
  b:
    agent: {prompt: Q}
    tools: {t: {parameters: {x: {recognise: number, required: true}}}}
    transitions: {on_tool_call: {t: c}}
  c: {say: C., transitions: {on_action: {go: a}}}
"""


def test_a_model_that_fails_twice_ends_the_call_where_there_is_nothing_else_to_say() -> None:
    stage = Stage(FAILING, llm=True)
    assert stage.ask_fails() == ["say Sorry, I had a little trouble. Could you say that again?"]
    assert (stage.state.has_llm, stage.state.llm_failures, stage.state.speaking) == (True, 1, True)
    assert stage.ask_fails() == ["say Sorry, something went wrong on our side. Goodbye."]
    assert stage.state.has_llm is False
    assert stage.heard_out() == ["end error"]


def test_a_model_that_fails_is_replaced_by_templates_where_a_slot_is_open() -> None:
    stage = Stage(FAILING, llm=True)
    stage.ui("go")
    assert stage.ask_fails() == ["say Sorry, I had a little trouble. What is your x?"]
    assert stage.state.has_llm is True
    stage.ask_fails()
    assert stage.state.has_llm is False


def test_a_model_that_fails_repeats_the_states_own_line() -> None:
    stage = Stage("states:\n  a: {say: Tea or coffee?, transitions: {on_action: {go: __end__}}}\n", llm=True)
    assert stage.hear("hm") == ["ask"]
    assert stage.ask_fails() == ["say Sorry, I had a little trouble. Tea or coffee?"]


def test_a_model_without_a_call_stays_away_after_a_failure() -> None:
    stage = Stage("states:\n  a: {say: Tea or coffee?, transitions: {on_action: {go: __end__}}}\n")
    stage.ask_fails()
    assert stage.state.has_llm is False


def test_a_state_for_errors_is_entered_without_the_model() -> None:
    stage = Stage(
        "settings: {on_error: z}\n" + FAILING + "  z: {say: Z., transitions: {on_action: {go: a}}}\n", llm=True
    )
    assert stage.ask_fails() == ["say Sorry, something went wrong.", "enter z", "say Z."]
    assert stage.state.has_llm is False


def test_a_call_of_the_right_tool_forgives_failures() -> None:
    stage = Stage(FAILING, llm=True)
    stage.ui("go")
    stage.ask_fails()
    stage.tool("t", x=3)
    assert stage.state.llm_failures == 0


@pytest.mark.parametrize(
    ("reason", "setting"), [("timeout", "max_duration_secs: 3"), ("timeout", "max_duration_secs: 2")]
)
def test_the_end_leaves_no_deadline_behind(reason: str, setting: str) -> None:
    stage = Stage(f"settings: {{{setting}}}\nstates:\n  a: {{say: A., transitions: {{on_timeout: {{seconds: 90}}}}}}\n")
    assert stage.silence() == ["say Thank you. Goodbye."]
    assert (stage.state.timer_s, stage.state.flow_deadline_s) == (None, None)
    assert stage.heard_out() == [f"end {reason}"]
    state = stage.state
    assert (state.timer_s, state.flow_deadline_s, state.closing_deadline_s, state.keys_deadline_s) == (None,) * 4
