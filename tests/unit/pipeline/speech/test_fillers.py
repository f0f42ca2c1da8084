import asyncio

import pytest

from pipeline.speech.fillers import FILLERS, filler_in
from pipeline.turns.languages import WORDS
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from tests.support.call_lab import Lab, Setup, call
from tests.unit.pipeline.test_session import ONE_STATE


def test_whoever_is_understood_is_asked_for_a_moment() -> None:
    assert set(FILLERS) == {"en", *WORDS}
    assert all(len(set(sentences)) == len(sentences) == 3 for sentences in FILLERS.values())


@pytest.mark.parametrize(("language", "known"), [("de-AT", "de"), ("PT-br", "pt"), ("en", "en"), ("xx", "en")])
def test_the_language_counts_and_not_the_country(language: str, known: str) -> None:
    assert [filler_in(language, number) for number in range(3)] == list(FILLERS[known])
    assert filler_in(language, 3) == FILLERS[known][0]


@pytest.mark.parametrize("language", ["de", "fr", "hi"])
def test_a_slow_model_is_waited_for_in_the_flows_language(language: str) -> None:
    async def scenario(lab: Lab) -> None:
        await asyncio.sleep(9)

    flow = ONE_STATE.replace('version: "1"', f'version: "1"\nsettings: {{language: {language}}}', 1)
    report, _ = call(Setup(flow, llm=FakeLlm([["Ja."]], pace=Pace(first_s=3.0))), scenario)
    assert report.turns[0].bot == f"{FILLERS[language][1]} Ja."
