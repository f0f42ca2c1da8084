"""What a flow says of voice and language reaches the models."""

from pipeline.ports import SttResult
from providers.fake.stt import FakeStt, FakeSttStream
from tests.support.call_lab import Lab, Setup, call

FLOW = """
id: two-tongues
version: "1"
initial_state: hello
settings: {voice: nora}
states:
  hello:
    say: "Hello there."
    transitions:
      on_utterance: [{pattern: oui, target: adieu}]
  adieu:
    say: "Au revoir."
    language: fr
    voice: claire
    transitions:
      on_utterance: [{pattern: bye, target: end}]
  end:
    say: "Goodbye."
    transitions: {}
"""


def test_each_state_speaks_and_listens_in_its_own_voice_and_language() -> None:
    opened: list[str] = []
    heard_in: list[str] = []

    class Notes(FakeSttStream):
        async def finalize(self) -> SttResult:
            heard_in.append(self.language)
            return await super().finalize()

    class NotingStt(FakeStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            opened.append(language)
            await super().open(language, rate_hz)
            return Notes(self, language)

    async def scenario(lab: Lab) -> None:
        for _ in range(3):
            await lab.until_listening()
            await lab.speak(0.8)

    setup = Setup(FLOW, stt=NotingStt(["oui", "bye"]))
    report, _ = call(setup, scenario)
    assert report.end_reason == "completed"
    assert opened == ["en"]
    assert heard_in == ["en", "fr"]
    assert [(asked.voice, asked.language) for asked in setup.tts.asked] == [
        ("nora", None),
        ("claire", "fr"),
        ("nora", None),
    ]
    assert {asked.rate_hz for asked in setup.tts.asked} == {16_000}
