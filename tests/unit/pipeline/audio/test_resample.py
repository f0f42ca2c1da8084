import numpy as np
import pytest

from pipeline.audio.resample import Resampler


def tone(frequency_hz: float, rate_hz: int, seconds: float) -> np.ndarray:
    time_s = np.arange(int(rate_hz * seconds)) / rate_hz
    return (12_000 * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.int16)


def in_chunks(resampler: Resampler, samples: np.ndarray, size: int) -> list[np.ndarray]:
    return [np.frombuffer(resampler(samples[i : i + size].tobytes()), np.int16) for i in range(0, len(samples), size)]


RATES = [(8000, 16000), (16000, 8000), (24000, 16000), (24000, 8000), (48000, 16000), (16000, 48000), (44100, 16000)]


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_a_tone_survives_clean(from_hz: int, to_hz: int) -> None:
    out = np.concatenate(in_chunks(Resampler(from_hz, to_hz), tone(1000, from_hz, 1.0), from_hz // 50))
    steady = out[to_hz // 10 :].astype(float)
    time_s = np.arange(len(steady)) / to_hz
    basis = np.stack([np.sin(2 * np.pi * 1000 * time_s), np.cos(2 * np.pi * 1000 * time_s)], 1)
    fit = basis @ np.linalg.lstsq(basis, steady, rcond=None)[0]
    assert 10 * np.log10(np.var(fit) / np.var(steady - fit)) > 60
    assert abs(np.std(fit) / (12_000 / np.sqrt(2)) - 1) < 0.01


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_twenty_milliseconds_in_are_twenty_out(from_hz: int, to_hz: int) -> None:
    chunks = in_chunks(Resampler(from_hz, to_hz), tone(300, from_hz, 0.4), from_hz // 50)
    assert {len(chunk) for chunk in chunks} == {to_hz // 50}


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_the_delay_is_under_three_milliseconds(from_hz: int, to_hz: int) -> None:
    click = np.zeros(from_hz // 5, np.int16)
    click[from_hz // 10] = 20_000
    out = np.concatenate(in_chunks(Resampler(from_hz, to_hz), click, from_hz // 50))
    assert 0 <= np.argmax(np.abs(out)) / to_hz - 0.1 < 0.003


@pytest.mark.parametrize("size", [1, 7, 128, 161])
def test_the_cut_into_chunks_does_not_matter(size: int) -> None:
    samples = tone(440, 24000, 0.1)
    whole = np.concatenate(in_chunks(Resampler(24000, 16000), samples, len(samples)))
    pieces = np.concatenate(in_chunks(Resampler(24000, 16000), samples, size))
    assert np.max(np.abs(whole.astype(int) - pieces)) <= 1


@pytest.mark.parametrize("to_hz", [16_000, 24_000])
def test_a_sample_cut_in_two_between_chunks_is_whole_again(to_hz: int) -> None:
    pcm = np.arange(480, dtype=np.int16).tobytes()
    whole, cut = Resampler(24_000, to_hz), Resampler(24_000, to_hz)
    pieces = [cut(pcm[i : i + 7]) for i in range(0, len(pcm), 7)]
    assert b"".join(pieces) == whole(pcm)
    assert all(len(piece) % 2 == 0 for piece in pieces)
