"""What passes a phone line and what does not."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from telephony.band import FromLine, PhoneLine, ToLine, through_phone_line

_RATE_HZ = 16_000


def _tone(hz: float, rate_hz: int = _RATE_HZ, seconds: float = 0.5) -> npt.NDArray[np.int16]:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return (8000 * np.sin(2 * np.pi * hz * t)).astype(np.int16)


def _gain_db(out: npt.NDArray[np.int16], given: npt.NDArray[np.int16]) -> float:
    middle = slice(len(given) // 4, 3 * len(given) // 4)
    rms_out, rms_in = (float(np.sqrt(np.mean(x[middle].astype(float) ** 2))) for x in (out, given))
    return 20 * float(np.log10(max(rms_out, 1e-3) / rms_in))


@pytest.mark.parametrize("hz", [450, 1000, 2000, 3300])
def test_speech_band_passes(hz: int) -> None:
    assert _gain_db(through_phone_line(_tone(hz), _RATE_HZ), _tone(hz)) == pytest.approx(0, abs=1.0)


@pytest.mark.parametrize("hz", [50, 4000, 4700, 6000])
def test_what_a_line_does_not_carry_is_gone_and_does_not_alias(hz: int) -> None:
    assert _gain_db(through_phone_line(_tone(hz), _RATE_HZ), _tone(hz)) < -30


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 24_000, 48_000])
def test_the_whole_recording_keeps_its_length_and_place(rate_hz: int) -> None:
    given = np.zeros(rate_hz // 2 + 7, dtype=np.int16)
    given[rate_hz // 4 : rate_hz // 4 + rate_hz // 10] = _tone(1000, rate_hz, 0.1)[: rate_hz // 10]
    out = through_phone_line(given, rate_hz)
    assert len(out) == len(given)
    lag = int(np.argmax(np.correlate(out.astype(float), given.astype(float), "full"))) - (len(given) - 1)
    assert abs(lag) <= rate_hz // 8000


def test_chunks_of_any_size_give_the_same_line_as_the_whole() -> None:
    speech = np.random.default_rng(1).integers(-9000, 9000, 4001).astype(np.int16)
    whole = ToLine(_RATE_HZ).run(speech)
    line = ToLine(_RATE_HZ)
    cuts = [0, 0, 1, 2, 321, 322, 1000, 3999, 4001]
    assert b"".join(line.run(speech[a:b]) for a, b in itertools.pairwise(cuts)) == whole
    assert len(whole) == 2001
    back = FromLine(_RATE_HZ)
    parts = [back.run(whole[i : i + 33]) for i in range(0, len(whole), 33)]
    assert np.array_equal(np.concatenate(parts), FromLine(_RATE_HZ).run(whole))


def test_a_live_line_is_ten_milliseconds_late() -> None:
    click = np.zeros(1600, dtype=np.int16)
    click[400] = 30_000
    line = PhoneLine(_RATE_HZ)
    out = np.concatenate([line.run(click[i : i + 320]) for i in range(0, 1600, 320)])
    assert int(np.argmax(np.abs(out.astype(int)))) - 400 == pytest.approx(160, abs=1)


def test_a_rate_that_is_no_multiple_of_the_line_is_refused() -> None:
    with pytest.raises(ValueError, match="22050"):
        ToLine(22_050)
