"""States name their own models and recognisers; the call's own stand in for them."""

import asyncio

from pipeline.capabilities import SttCapabilities
from pipeline.frames.audio import AudioIn
from pipeline.incidents import IncidentLog
from pipeline.ports import LegCapabilities, SttStream
from pipeline.ports import LlmOptions as Options
from providers.fake.llm import FakeLlm
from providers.fake.pace import INSTANT, Pace
from providers.fake.stt import FakeStt, FakeSttStream
from providers.fake.tts import FakeTts
from providers.resilience.for_call import ProviderSet, for_call
from providers.resilience.member import LLM_PATIENCE, STT_PATIENCE, TTS_PATIENCE, Member
from providers.resilience.stt import ResilientStt
from tests.support import virtual_time
from tests.support.call_lab import Lab, Setup, call

FLOW = """
id: two-ears
version: "1"
initial_state: first
settings: {llm: "openai:small"}
states:
  first:
    prompt: Ask for the name.
    transitions: {on_utterance: [{pattern: ada, target: second}]}
  second:
    prompt: Ask for the number.
    llm: "anthropic:large"
    stt: "deepgram:flux"
    transitions: {on_utterance: [{pattern: seven, target: third}]}
  third:
    say: "Goodbye."
    transitions: {}
"""


def _ears(first: FakeStt, named: FakeStt) -> tuple[ResilientStt, IncidentLog]:
    incidents = IncidentLog()
    return ResilientStt([Member(first, STT_PATIENCE)], incidents, {"named": Member(named, STT_PATIENCE)}), incidents


def test_each_state_is_heard_and_answered_by_whom_it_names() -> None:
    own, named = FakeStt(["I am Ada"] * 9), FakeStt(["It is seven"] * 9)
    small, large = FakeLlm([["Who are you?"]]), FakeLlm([["And your number?"]])
    members = ProviderSet(
        [Member(own, STT_PATIENCE)],
        [Member(FakeTts(), TTS_PATIENCE)],
        recognisers={"deepgram:flux": Member(named, STT_PATIENCE)},
        models={"openai:small": Member(small, LLM_PATIENCE), "anthropic:large": Member(large, LLM_PATIENCE)},
    )

    async def scenario(lab: Lab) -> None:
        for _ in range(2):
            await lab.until_listening()
            await lab.speak(1.0)
            await lab.quiet(1.0)
        await lab.quiet(5.0)

    report, leg = call(Setup(FLOW, providers=for_call(members)), scenario)
    assert leg.captions("user") == ["I am Ada", "It is seven"]
    assert leg.captions("assistant") == ["Who are you?", "And your number?", "Goodbye."]
    assert report.completed
    assert [request.options.model for request in (*small.requests, *large.requests)] == [
        "openai:small",
        "anthropic:large",
    ]
    assert (own.live, named.live) == (0, 0)
    assert {(use.kind, use.model) for use in report.usage} >= {("stt", "script"), ("llm", "script")}


def test_the_calls_own_model_stands_in_for_a_named_one() -> None:
    async def scenario() -> None:
        own, named = FakeLlm([["Hello."]]), FakeLlm([["never"]], pace=Pace(fail_after=0))
        members = ProviderSet(
            [Member(FakeStt([]), STT_PATIENCE)],
            [Member(FakeTts(), TTS_PATIENCE)],
            [Member(own, LLM_PATIENCE)],
            models={"x:y": Member(named, LLM_PATIENCE)},
        )
        providers = for_call(members)
        assert providers.llm is not None
        for model, asked in (("x:y", 1), (None, 1), ("unknown", 1)):
            assert [item async for item in providers.llm.stream((), (), Options(model=model))] == ["Hello."]
            assert len(named.requests) == asked
        assert [incident.remedy for incident in providers.incidents.since(0)] == ["replaced"]

    virtual_time.run(scenario())


async def _turn(stream: SttStream) -> str:
    stream.begin()
    for _ in range(50):
        stream.feed(b"\1\0" * 320)
    return (await stream.finalize()).text


def test_a_named_recogniser_that_cannot_be_opened_leaves_the_call_its_own() -> None:
    async def scenario() -> None:
        own, named = FakeStt(["own"] * 9), FakeStt(["named"] * 9, open_pace=Pace(fail_after=0))
        stt, incidents = _ears(own, named)
        stream = await stt.open("en")
        stream.choose("named")
        await asyncio.sleep(0.1)
        assert await _turn(stream) == "own"
        await asyncio.sleep(0.1)
        assert [incident.remedy for incident in incidents.since(0)] == ["replaced"] * 2, "tried again at the next turn"
        stream.choose(None)
        await stream.aclose()
        assert (own.live, named.live) == (0, 0)

    virtual_time.run(scenario())


def test_a_named_recogniser_that_comes_in_the_middle_of_a_turn_hears_it_from_its_beginning() -> None:
    async def scenario() -> None:
        own, named = FakeStt(["own"] * 9), _Taped(["named"] * 9, open_pace=Pace(first_s=0.3))
        stt, _ = _ears(own, named)
        stream = await stt.open("en")
        stream.begin()
        stream.feed(b"\1\0" * 320)
        stream.choose("named")
        await asyncio.sleep(0.4)
        stream.feed(b"\1\0" * 320)
        assert (await stream.finalize()).text == "named"
        assert named.streams[0].fed_bytes == 2 * 640
        await stream.aclose()

    virtual_time.run(scenario())


class _Taped(FakeStt):
    def __init__(self, script: list[str], *, open_pace: Pace = INSTANT, rates_hz: tuple[int, ...] = (16_000,)) -> None:
        super().__init__(script, open_pace=open_pace, capabilities=SttCapabilities(rates_hz))
        self.streams: list[FakeSttStream] = []
        self.opened_hz: list[int] = []

    async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
        self.opened_hz.append(rate_hz)
        self.streams.append(await super().open(language, rate_hz))
        return self.streams[-1]


def test_a_telephone_is_heard_at_its_own_rate_and_by_a_stand_in_at_its() -> None:
    first = _Taped(["one"] * 9, rates_hz=(16_000, 8000))
    second = _Taped(["two"] * 9)
    sounds: list[bytes] = []

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        for number in range(80):
            sounds.append(bytes([number, 1]) * 160)
            lab.call.receive(AudioIn(sounds[-1]))
            await asyncio.sleep(0.02)
        for _ in range(100):
            lab.call.receive(AudioIn(bytes(320)))
            await asyncio.sleep(0.02)

    flow = FLOW.replace('    stt: "deepgram:flux"\n', "").replace("prompt: Ask", "say: Ask")
    phone = LegCapabilities(8000, 8000)
    tts = [Member(FakeTts(), TTS_PATIENCE)]
    members = ProviderSet([Member(first, STT_PATIENCE), Member(second, STT_PATIENCE)], tts)
    call(Setup(flow, providers=for_call(members), capabilities=phone), scenario)
    assert (first.opened_hz, second.opened_hz) == ([8000], [])
    broken = _Taped(["never"], rates_hz=(8000,), open_pace=Pace(fail_after=0))
    members = ProviderSet([Member(broken, STT_PATIENCE), Member(second, STT_PATIENCE)], tts)
    call(Setup(flow, providers=for_call(members), capabilities=phone), scenario)
    assert second.opened_hz == [16_000]
    fed = [each.streams[0].fed_bytes for each in (first, second)]
    assert fed[1] == 2 * fed[0] > 0
