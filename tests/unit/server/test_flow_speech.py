import pytest

from flows.load import load
from kit.errors import InputError
from pipeline.capabilities import SttCapabilities, TtsCapabilities
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.resilience.for_call import ProviderSet
from providers.resilience.member import PATIENT, Member
from server.flow_speech import problems, require_speakable, vendors_named

FLOW = """
id: two-tongues
version: "1"
initial_state: hello
states:
  hello:
    say: "Hello."
    language: %s
    transitions: {on_utterance: [{pattern: bye, target: bye}]}
  bye:
    say: "Bye."
    transitions: {}
"""


def _members(*languages: str) -> ProviderSet:
    stt = FakeStt([], capabilities=SttCapabilities(languages=languages))
    return ProviderSet([Member(stt, PATIENT)], [Member(FakeTts(), PATIENT)])


def test_a_language_that_nobody_understands_is_refused_before_the_call() -> None:
    flow = load(FLOW % "fr")
    with pytest.raises(InputError, match=r"states\.hello\.language: 'fr' cannot be understood here, only en"):
        require_speakable(flow, _members("en"), "en")
    require_speakable(flow, _members("en", "fr"), "en")
    require_speakable(flow, _members(), "en")


def test_a_region_of_a_language_is_that_language() -> None:
    assert list(problems(load(FLOW % "en-GB"), _members("en"), "en-US")) == []


def test_the_calls_own_language_counts_too() -> None:
    (problem,) = problems(load(FLOW % "en"), _members("en"), "de")
    assert problem.code == "flow.language"


VOICED = FLOW.replace("language: %s", "voice: %s")


def test_a_flow_may_name_another_vendors_voice() -> None:
    assert vendors_named(load(VOICED % '"openai:nova"')) == {"openai"}
    assert vendors_named(load(VOICED % "nora")) == frozenset()
    with pytest.raises(InputError, match=r"states\.hello\.voice: no provider 'nobody'; use one of embedded"):
        vendors_named(load(VOICED % '"nobody:nova"'))


def test_a_voice_that_is_known_not_to_be_there_is_refused() -> None:
    members = _members()
    other = FakeTts()
    other.capabilities = TtsCapabilities(voices=("nova",))
    both = ProviderSet(members.stt, members.tts, voices={"openai": Member(other, PATIENT)})
    assert list(problems(load(VOICED % '"openai:nova"'), both, "en")) == []
    with pytest.raises(InputError, match="no voice 'openai:nora'; there are nova"):
        require_speakable(load(VOICED % '"openai:nora"'), both, "en")
