"""What an agent may have of its own in a call; each knob, heard from outside."""

import asyncio
from dataclasses import replace

import numpy as np

from pipeline.audio.denoise import NoiseReducer
from pipeline.audio.underlay import Loop
from pipeline.frames.audio import Ambience, AudioOut
from pipeline.manner import Manner
from pipeline.turns.endpointing import PROFILES
from pipeline.turns.voice_activity import Sensitivity
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from tests.support.call_lab import Lab, Setup, call

CHAT = """
id: chat
version: "1"
initial_state: chat
states:
  chat:
    say: "Hello."
    agent:
      prompt: "Chat."
    transitions: {}
"""


async def _wait(lab: Lab) -> None:
    await lab.until_listening()
    await lab.quiet(40.0)


async def _one_turn(lab: Lab) -> None:
    await lab.until_listening()
    await lab.speak(1.0)
    await lab.quiet(6.0)


def _setup(manner: Manner, **more: object) -> Setup:
    return replace(Setup(CHAT, heard=["Tell me."], manner=manner), **more)  # type: ignore[arg-type]


def test_a_call_ends_at_its_own_limit_after_a_spoken_warning() -> None:
    report, leg = call(_setup(Manner(20.0, 5.0, "Time is nearly up.")), _wait)
    (spoken_s,) = [at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 2][:1]
    assert leg.captions("assistant") == ["Hello.", "Time is nearly up."]
    assert 15.0 <= spoken_s < 15.3
    assert (report.end_reason, round(report.duration_s, 1)) == ("session_timeout", 20.0)


def test_the_warning_waits_until_nobody_speaks() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(18.0)
        await lab.quiet(10.0)

    _, leg = call(_setup(Manner(28.0, 13.0, "Time is nearly up.")), scenario)
    assert leg.captions("assistant")[-1] == "Time is nearly up."


def test_the_model_finds_words_for_the_warning() -> None:
    llm = FakeLlm([["We must stop soon."]])
    _, leg = call(_setup(Manner(20.0, 5.0, "Fixed.", warning_by_model=True), llm=llm), _wait)
    assert leg.captions("assistant") == ["Hello.", "We must stop soon."]
    assert "nearly over" in llm.requests[-1].messages[0].content


def test_the_fixed_words_stand_in_for_a_model_that_fails() -> None:
    llm = FakeLlm([[]])
    _, leg = call(_setup(Manner(20.0, 5.0, "Fixed words.", warning_by_model=True), llm=llm), _wait)
    assert leg.captions("assistant")[-1] == "Fixed words."


def test_silence_of_its_own_length_ends_the_call() -> None:
    report, _ = call(_setup(Manner(idle_s=7.0)), _wait)
    assert report.end_reason == "idle"
    assert report.duration_s < 10.0


def test_a_longer_wait_for_the_end_of_a_turn_answers_later() -> None:
    gaps = []
    for scale in (1.0, 3.0):
        setup = _setup(Manner(wait_scale=scale), end_of_turn=None, llm=FakeLlm([["Fine."]]))
        report, _ = call(replace(setup, heard=["I would like to and"]), _one_turn)
        gaps.append(report.turns[-1].gap_ms or 0.0)
    assert gaps[1] > gaps[0] + 1_000


def test_waits_are_never_shorter_than_the_floor() -> None:
    for profile in PROFILES.values():
        short = profile.scaled(0.0)
        assert (short.ceiling_s, short.hold_s) == (profile.floor_s, profile.floor_s)
        assert profile.scaled(1.0) is profile


def test_a_sound_that_is_shorter_than_wanted_is_no_speech() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(0.3)
        await lab.quiet(3.0)

    heard, _ = call(_setup(Manner()), scenario)
    unheard, _ = call(_setup(Manner(sensitivity=Sensitivity(start_windows=20))), scenario)
    assert (len(heard.turns), len(unheard.turns)) == (2, 1)


def test_a_slow_model_is_not_covered_where_nobody_wants_it() -> None:
    said = []
    for fillers in (True, False):
        llm = FakeLlm([["Here I am."]], pace=Pace(first_s=3.0))
        _, leg = call(_setup(Manner(fillers=fillers), llm=llm), _one_turn)
        said.append(leg.captions("assistant")[-1])
    assert said[0] != "Here I am."
    assert said[0].endswith("Here I am.")
    assert said[1] == "Here I am."


def test_a_background_is_heard_under_the_bots_speech() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await asyncio.sleep(0)

    loop = Loop(np.full(1_000, 2_000, np.int16), 0.5)
    _, plain = call(_setup(Manner()), scenario)
    _, mixed = call(_setup(Manner(underlay=loop)), scenario)
    words = [frame for frame in mixed.of(AudioOut) if not isinstance(frame[1], Ambience)]
    pairs = zip(plain.of(AudioOut), words, strict=True)
    levels = {
        int(np.mean(np.frombuffer(b.pcm, np.int16).astype(int) - np.frombuffer(a.pcm, np.int16)))
        for (_, a), (_, b) in pairs
    }
    assert levels == {1_000}


def test_a_background_goes_round_and_does_not_overflow() -> None:
    loop = Loop(np.arange(3, dtype=np.int16), 1.0)
    assert np.frombuffer(loop.under(bytes(10)), np.int16).tolist() == [0, 1, 2, 0, 1]
    assert np.frombuffer(loop.under(bytes(4)), np.int16).tolist() == [2, 0]
    loud = Loop(np.full(4, 32_000, np.int16), 1.0)
    assert np.frombuffer(loud.under(np.full(2, 32_000, np.int16).tobytes()), np.int16).tolist() == [32_767, 32_767]


def _cleaned(samples: np.ndarray, strength: float) -> np.ndarray:
    reduce = NoiseReducer(strength)
    frames = samples.astype(np.int16).reshape(-1, 320)
    return np.frombuffer(b"".join(reduce(frame.tobytes()) for frame in frames), np.int16).astype(float)


def test_steady_noise_is_taken_out_and_a_voice_stays() -> None:
    noise = np.random.default_rng(1).normal(0, 300, 16_000 * 4)
    times = np.arange(16_000) / 16_000
    voice = np.zeros(16_000 * 4)
    voice[32_000:48_000] = 6_000 * np.sin(2 * np.pi * 220 * times) * (np.sin(2 * np.pi * 3 * times) > 0)
    cleaned = _cleaned(noise + voice, 1.0)
    before, after = np.std(noise[8_000:32_000]), np.std(cleaned[8_320:32_320])
    assert after < before / 2
    assert np.std(cleaned[32_320:48_320]) > 0.7 * np.std(voice[32_000:48_000])


def test_more_strength_takes_out_more_and_none_takes_nothing() -> None:
    noise = np.random.default_rng(1).normal(0, 1_000, 16_000 * 2)
    levels = [np.std(_cleaned(noise, strength)[16_000:]) for strength in (0.0, 0.5, 1.0)]
    assert levels[0] > levels[1] > levels[2]
    assert np.allclose(_cleaned(noise, 0.0)[320:], noise.astype(np.int16)[:-320], atol=1)
