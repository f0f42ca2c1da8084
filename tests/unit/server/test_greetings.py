import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from flows.load import load
from providers.cached import CachedTts, SpeechStore
from providers.fake.pace import Pace
from providers.fake.tts import FakeTts
from server.flow_store import FlowStore
from server.greetings import Greetings, first_lines

HELLO = """
id: hello
initial_state: greet
settings: {language: en-GB}
states:
  greet:
    say: ["Hello, it is 9:05. Who is there?", "You have {count} messages."]
    transitions: {on_utterance: [{pattern: bye, target: end}]}
  end: {say: Goodbye., transitions: {}}
variables: {count: {type: integer}}
"""


def test_the_first_lines_without_variables_are_known_before_a_call() -> None:
    lines = list(first_lines(load(HELLO), has_llm=False))
    assert [(line.text, line.language) for line in lines] == [("Hello, it is 9:05. Who is there?", "en-GB")]


def test_a_flow_without_words_of_its_own_begins_with_ours() -> None:
    flow = load("id: x\ninitial_state: a\nstates: {a: {prompt: Help., transitions: {on_action: {go: a}}}}")
    assert [line.text for line in first_lines(flow, has_llm=False)] == ["Hello. How can I help you?"]
    assert list(first_lines(flow, has_llm=True)) == [], "the model finds the words"


def run(folder: Path, quick: FakeTts, slow: FakeTts, scenario: Callable[[FlowStore], Awaitable[None]]) -> None:
    """In real time: files are read in threads."""

    async def server() -> None:
        flows, store = FlowStore(folder), SpeechStore(10**7)
        async with asyncio.TaskGroup() as tasks:
            voice = CachedTts(quick, store, tasks.create_task)
            greeting = tasks.create_task(Greetings(flows, voice, slow, has_llm=False).run())
            await scenario(flows)
            greeting.cancel()
        assert flows.on_loaded is None

    asyncio.run(server())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  threads do it
            await asyncio.sleep(0.005)


def test_greetings_are_spoken_beforehand_and_again_when_their_flow_changes(tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text(HELLO)
    (tmp_path / "broken.yaml").write_text("id: [")
    quick, slow = FakeTts(), FakeTts()

    async def scenario(flows: FlowStore) -> None:
        await until(lambda: len(slow.spoken) == 2)
        assert slow.spoken == ["Hello, it is nine oh five.", "Who is there?"]
        assert slow.asked[0].language == "en-GB"
        file.write_text(HELLO.replace("Who", "What"))
        os.utime(file, ns=(1, 1))
        await asyncio.to_thread(flows.flow, "hello")
        await until(lambda: len(slow.spoken) == 3)
        assert slow.spoken[-1] == "What is there?", "what is unchanged is there already"

    run(tmp_path, quick, slow, scenario)
    assert quick.spoken == [], "calls come first: the unhurried voice did it"


@pytest.mark.parametrize("fails", [0, 1])
def test_a_voice_that_fails_costs_the_greeting_only(tmp_path: Path, fails: int) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(HELLO.replace("Who", name))
    slow = FakeTts(pace=Pace(fail_after=fails))

    async def scenario(_flows: FlowStore) -> None:
        await until(lambda: len(slow.spoken) >= 4)

    run(tmp_path, FakeTts(), slow, scenario)
