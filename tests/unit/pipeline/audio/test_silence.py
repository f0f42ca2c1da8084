import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio.silence import SilenceTrimmer, onset_samples

RATE_HZ = 16_000


def quiet(seconds: float) -> bytes:
    noise: npt.NDArray[np.int16] = np.random.default_rng(1).integers(-40, 40, int(seconds * RATE_HZ), dtype=np.int16)
    return noise.tobytes()


def tone(seconds: float) -> bytes:
    return np.asarray(8000 * np.sin(np.arange(int(seconds * RATE_HZ)) * 0.2 + 1), dtype=np.int16).tobytes()


def trimmed(pcm: bytes, chunk_bytes: int = 640) -> tuple[bytes, SilenceTrimmer]:
    trimmer = SilenceTrimmer(RATE_HZ)
    out = b"".join(trimmer.feed(pcm[at : at + chunk_bytes]) for at in range(0, len(pcm), chunk_bytes))
    return out + trimmer.finish(), trimmer


def seconds(pcm: bytes) -> float:
    return len(pcm) / 2 / RATE_HZ


@pytest.mark.parametrize("chunk_bytes", [1, 3, 160, 640, 5000, 10**6])
def test_silence_goes_before_and_after_but_not_within(chunk_bytes: int) -> None:
    said = tone(0.3) + quiet(0.4) + tone(0.2)
    out, trimmer = trimmed(quiet(0.7) + said + quiet(0.9), chunk_bytes)
    assert said in out
    assert seconds(out) == pytest.approx(0.9 + 0.01 + 0.15, abs=0.011)
    assert trimmer.cut_s == pytest.approx(0.69, abs=0.006)


def test_a_short_tail_is_kept() -> None:
    out, _ = trimmed(tone(0.3) + quiet(0.1))
    assert seconds(out) == pytest.approx(0.4, abs=0.006)


def test_sound_is_not_held_back() -> None:
    trimmer = SilenceTrimmer(RATE_HZ)
    assert trimmer.feed(quiet(2.0)) == b""
    assert seconds(trimmer.feed(tone(0.1))) == pytest.approx(0.11, abs=0.006)
    assert seconds(trimmer.feed(quiet(0.5))) == pytest.approx(0.15, abs=0.006)
    assert seconds(trimmer.feed(tone(0.1))) == pytest.approx(0.45, abs=0.011), "the pause was as long"


def test_a_very_long_pause_is_passed_on_before_it_ends() -> None:
    trimmer = SilenceTrimmer(RATE_HZ)
    trimmer.feed(tone(0.1))
    assert seconds(trimmer.feed(quiet(5.0))) == pytest.approx(4.0, abs=0.011)


def test_the_onset_is_the_first_sample_that_can_be_heard() -> None:
    faint = np.full(100, 100, np.int16).tobytes()
    assert onset_samples(quiet(0.01) + faint + tone(0.01)) == 260
    assert onset_samples((-np.frombuffer(tone(0.01), np.int16)).tobytes()) == 0
    assert (onset_samples(faint), onset_samples(b"")) == (100, 0)


def test_silence_alone_gives_nothing() -> None:
    assert trimmed(quiet(3))[0] == trimmed(b"")[0] == trimmed(b"\x00")[0] == b""


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 0.3)), max_size=6), st.integers(1, 3000))
def test_all_that_sounds_comes_out_in_order(parts: list[tuple[bool, float]], chunk_bytes: int) -> None:
    pcm = b"".join(tone(length) if loud else quiet(length) for loud, length in parts)
    out, _ = trimmed(pcm, chunk_bytes)
    assert out in pcm, "nothing within is cut, while no pause is longer than a second"
