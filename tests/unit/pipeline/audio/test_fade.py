import numpy as np

from pipeline.audio.fade import fade_in, fade_out

LOUD = np.full(320, 20_000, np.int16)


def largest_jump(samples: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> int:
    return int(np.abs(np.diff(np.concatenate(([0], samples, [0])).astype(int))).max())


def test_sound_that_fades_ends_and_begins_in_silence_without_a_jump() -> None:
    out = np.frombuffer(fade_out(LOUD.tobytes()), np.int16)
    back = np.frombuffer(fade_in(LOUD.tobytes()), np.int16)
    assert out[0] > 19_990
    assert abs(out[-1]) < 5
    assert list(back) == list(out[::-1])
    joined = np.concatenate((back, LOUD, out))
    assert largest_jump(joined) < 110, "over 320 samples; a hard cut would jump by 20000"


def test_nothing_fades_to_nothing() -> None:
    assert fade_out(b"") == fade_in(b"") == b""
    assert len(fade_out(b"\x01\x02")) == 2
