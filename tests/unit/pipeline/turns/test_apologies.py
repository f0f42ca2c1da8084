import pytest

from pipeline.turns.apologies import APOLOGIES, apologies_in
from pipeline.turns.languages import WORDS
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from tests.support.call_lab import Lab, Setup, call
from tests.unit.pipeline.test_session import FLOW


def test_whoever_is_understood_is_apologised_to() -> None:
    assert set(APOLOGIES) == {"en", *WORDS}
    sentences = [text for each in APOLOGIES.values() for text in (each.too_late, each.not_heard, each.deaf)]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize(("language", "known"), [("de-AT", "de"), ("PT-br", "pt"), ("en", "en"), ("xx", "en")])
def test_the_language_counts_and_not_the_country(language: str, known: str) -> None:
    assert apologies_in(language) == APOLOGIES[known]


@pytest.mark.parametrize("language", ["de", "fr", "hi"])
def test_a_turn_that_cannot_be_read_is_apologised_for_in_the_flows_language(language: str) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.0)
        await lab.quiet(8)

    flow = FLOW.replace('version: "1"', f'version: "1"\nsettings: {{language: {language}}}', 1)
    report, _ = call(Setup(flow, stt=FakeStt(["Ada"], pace=Pace(fail_after=0))), scenario)
    assert report.turns[1].bot == APOLOGIES[language].not_heard
