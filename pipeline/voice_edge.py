"""Where a voice really ended: energy, to the sample, around the moment that the detector names. Pure.

A neural detector hears the end of a word up to 100 ms late, and not always equally late. That is good enough to take
turns by, not to report by. The definition is that of the recording's judge, `server/caller/measure.py`, which must not
share our code (ADR 0008).
"""

import numpy as np
import numpy.typing as npt

from pipeline.ingest import RATE_HZ

LOOK_BACK_SAMPLES = int(1.2 * RATE_HZ)  # how much before the detector's edge is worth handing over
LOOK_AHEAD_SAMPLES = int(0.5 * RATE_HZ)  # and after it: a last "t" is no voice to the detector
_FRAME_SAMPLES = RATE_HZ // 200  # 5 ms
_FLOOR_PERCENTILE = 10  # of 1.4 s: the detector was silent for more than that
_OVER_FLOOR_DB = 14.0
_HYSTERESIS_DB = 6.0
_QUIETEST_DBFS = -52.0
_SHORTEST_SAMPLES = int(0.04 * RATE_HZ)  # shorter is a click
_ONE_BREATH_SAMPLES = RATE_HZ // 4  # a shorter pause does not end what is being said


def voice_end(pcm: bytes, edge_samples: int) -> int:
    """Return where in `pcm` the voice ended: one after its last sample that rises over the noise.

    Args:
        pcm: int16 LE mono at 16 kHz: what was said, and the silence after it.
        edge_samples: Where the detector heard the end; a sound that begins later is none of the voice's.

    Returns:
        A position in `pcm`; `edge_samples` itself where noise hides the voice.
    """
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    frames = samples[: len(samples) // _FRAME_SAMPLES * _FRAME_SAMPLES].reshape(-1, _FRAME_SAMPLES)
    if not len(frames):
        return edge_samples
    level_db = 10 * np.log10(np.maximum(np.mean(frames**2, axis=1) / 32768.0**2, 1e-12))
    on_db = max(float(np.percentile(level_db, _FLOOR_PERCENTILE)) + _OVER_FLOOR_DB, _QUIETEST_DBFS)
    loudest = 32768 * 10 ** (on_db / 20)  # what noise does not reach
    start = end = None
    found = edge_samples
    for first, last in _runs(level_db >= on_db - _HYSTERESIS_DB):
        if not (level_db[first:last] >= on_db).any():
            continue
        loud = first * _FRAME_SAMPLES + np.flatnonzero(
            np.abs(samples[first * _FRAME_SAMPLES : last * _FRAME_SAMPLES]) >= loudest
        )
        if start is None or end is None or loud[0] - end >= _ONE_BREATH_SAMPLES:
            start = int(loud[0])
        if start >= edge_samples:
            break
        end = int(loud[-1]) + 1
        if end - start >= _SHORTEST_SAMPLES:
            found = end
    return found


def _runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]
