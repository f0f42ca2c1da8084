from dataclasses import replace

import pytest

from flows.load import load
from kit.errors import InputError
from pipeline.capabilities import SttCapabilities, TtsCapabilities
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.resilience.for_call import ProviderSet
from providers.resilience.member import PATIENT, Member
from server.flow_speech import named_in, problems, require_speakable
from server.provider_choice import Pick

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

HOSTED = "pipecat:pipecat.services.deepgram.stt.DeepgramSTTService"


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
    assert named_in(load(VOICED % '"openai:nova"')).voices == {"openai"}
    assert named_in(load(VOICED % "nora")).voices == frozenset()
    with pytest.raises(InputError, match=r"states\.hello\.voice: no provider 'nobody'; use one of embedded"):
        named_in(load(VOICED % '"nobody:nova"'))


def test_a_voice_that_is_known_not_to_be_there_is_refused() -> None:
    members = _members()
    other = FakeTts()
    other.capabilities = TtsCapabilities(voices=("nova",))
    both = ProviderSet(members.stt, members.tts, voices={"openai": Member(other, PATIENT)})
    assert list(problems(load(VOICED % '"openai:nova"'), both, "en")) == []
    with pytest.raises(InputError, match="no voice 'openai:nora'; there are nova"):
        require_speakable(load(VOICED % '"openai:nora"'), both, "en")


@pytest.mark.parametrize(
    ("kind", "text", "code", "why"),
    [
        ("stt", '"nobody:best"', "flow.stt", "no provider 'nobody'"),
        ("llm", "openai", "flow.llm", "name a model"),
        ("llm", '"openai:a, openai:b"', "flow.llm", "name one"),
        ("stt", '" , "', "flow.stt", "states.hello.stt"),
        ("stt", f'"{HOSTED}?url=wss://elsewhere"', "flow.stt", "PIPECAT_BASE_URLS"),
        ("stt", f'"{HOSTED}?callback=https://elsewhere"', "flow.stt", "a flow may set language, model, voice"),
    ],
)
def test_a_model_that_a_state_cannot_have_is_refused_before_the_call(kind: str, text: str, code: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        named_in(load(FLOW.replace("language: %s", f"{kind}: {text}")))
    assert caught.value.code == code


def test_what_a_state_listens_with_must_understand_its_language() -> None:
    flow = load(FLOW.replace("language: %s", 'language: fr\n    stt: "deepgram:nova-3"'))
    assert named_in(flow).stt == {"deepgram:nova-3": Pick("stt", "deepgram", "nova-3")}
    listener = Member(FakeStt([], capabilities=SttCapabilities(languages=("fr",))), PATIENT)
    tts = FakeTts()
    tts.capabilities = TtsCapabilities(languages=())
    own = ProviderSet(_members("en").stt, [Member(tts, PATIENT)])
    assert [problem.code for problem in problems(flow, own, "en")] == ["flow.language"]
    assert not list(problems(flow, replace(own, recognisers={"deepgram:nova-3": listener}), "en"))


def test_a_state_may_name_a_hosted_recogniser() -> None:
    flow = load(FLOW.replace("language: %s", f'stt: "{HOSTED}?model=nova-3"'))
    (pick,) = named_in(flow).stt.values()
    assert pick.access_name == "pipecat.deepgram"
