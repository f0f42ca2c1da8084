"""An agent that was just made, talking: with a model and without one, on the virtual clock."""

import datetime
from typing import Any

from control_api.agents.checking import Checks, checked
from control_api.agents.document import canonical, merged
from control_api.agents.plan import plan
from control_api.catalogue.rows import catalogue
from flows.model import Flow
from pipeline.ports import ToolCall
from providers.fake.llm import FakeLlm
from tests.support.call_lab import Lab, Setup, call
from tests.support.control_lab import PlainNoises

NOW = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)


def _flow(wish: dict[str, Any]) -> Flow:
    config = checked(merged({"agent": {"name": "a"}}, canonical(wish)), Checks(catalogue(), PlainNoises()))
    flow = plan(config, catalogue(), {"name": "Ada"}, NOW, can_transfer=False).flow
    assert flow is not None
    return flow


async def _one_turn(lab: Lab) -> None:
    await lab.until_listening()
    await lab.speak(1.0)
    await lab.quiet(6.0)


def test_a_simple_agent_talks_at_once_though_there_is_no_model() -> None:
    report, leg = call(Setup(_flow({}), heard=["What can you do?"]), _one_turn)
    first, second = leg.captions("assistant")
    assert first == "Hello. How can I help you?"
    assert second
    assert report.end_reason == "scenario_over"


def test_the_first_words_are_the_agents_and_the_answer_is_the_models() -> None:
    flow = _flow({"agent": {"welcome_message": "Hi {{name}}."}, "agent_model_config": {"system_prompt": "Be kind."}})
    llm = FakeLlm([["Of course."]])
    _, leg = call(Setup(flow, heard=["Can you help me?"], llm=llm), _one_turn)
    assert leg.captions("assistant") == ["Hi Ada.", "Of course."]
    asked = llm.requests[0]
    assert asked.messages[0].content.startswith("Be kind.")
    assert (asked.options.max_tokens, asked.options.temperature, asked.tools) == (370, 0.7, ())


def test_a_model_may_end_the_call_where_the_agent_lets_it() -> None:
    flow = _flow({"agent": {"welcome_message": "Hi."}, "agent_specific_config": {"auto_terminate_call": True}})
    llm = FakeLlm([["Goodbye then.", ToolCall("1", "terminate_call", {})]])
    report, leg = call(Setup(flow, heard=["That is all."], llm=llm), _one_turn)
    assert [tool.name for tool in llm.requests[0].tools] == ["terminate_call"]
    assert leg.captions("assistant")[-1].startswith("Goodbye then.")
    assert report.end_reason == "terminated"
