import pytest
from pydantic import SecretStr

from kit.errors import ConfigError
from providers.fake.llm import FakeLlm
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.resilience.member import PATIENT
from providers.trimmed import TrimmedTts
from server.provider_choice import Access, Choice, parse_picks
from server.provider_registry import ProviderRegistry

EMBEDDED = Choice(parse_picks("stt", "embedded"), parse_picks("tts", "embedded"))


def test_the_embedded_models_are_shared_and_given_time() -> None:
    stt, tts = FakeStt([]), FakeTts()
    registry = ProviderRegistry(stt, tts)
    members = registry.members(EMBEDDED)
    assert (members.stt[0].provider, members.llm) == (stt, [])
    assert isinstance(members.tts[0].provider, TrimmedTts), "what every voice promises"
    assert members.stt[0].patience is PATIENT
    again = registry.members(EMBEDDED)
    assert (again.stt[0], again.tts[0]) == (members.stt[0], members.tts[0])


def test_the_local_model_is_made_once() -> None:
    made: list[FakeLlm] = []

    def make() -> FakeLlm:
        made.append(FakeLlm([["Hello."]]))
        return made[-1]

    registry = ProviderRegistry(FakeStt([]), FakeTts(), local_llm=make)
    choice = Choice(llm=parse_picks("llm", "local")).over(EMBEDDED)
    assert registry.members(choice).llm[0].provider is registry.members(choice).llm[0].provider
    assert len(made) == 1


@pytest.mark.parametrize(
    ("choice", "why"),
    [
        (Choice(llm=parse_picks("llm", "local")), "run: make llm"),
        (Choice(stt=parse_picks("stt", "deepgram")), "set DEEPGRAM_API_KEY"),
        (
            Choice(tts=parse_picks("tts", "openai"), access={"openai": Access(SecretStr("k"), "ftp://x")}),
            "must begin with http",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_with_what_to_do(choice: Choice, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        ProviderRegistry(FakeStt([]), FakeTts()).members(choice)
