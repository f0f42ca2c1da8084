"""Tones on a line: the beep of an answering machine, a fax, the three tones of a number out of service. Pure.

A beep is one steady tone of 400 to 2000 Hz for 150 to 1500 ms, with silence after it; speech is not so steady and pure.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

RATE_HZ = 8000
_FRAME_SAMPLES = RATE_HZ // 50
_FFT = 512
_NEAR_HZ = 70.0  # of the peak: the window's main lobe
_PURE = 0.8  # share of the energy that is there
_QUIET_DBFS = -45.0
_STEADY_HZ = 25.0
_BEEP_HZ = (400.0, 2000.0)
_BEEP_S = (0.15, 1.5)
_CED_HZ, _CED_S = 2100.0, 1.0  # a fax that answers: 2.6 to 4 s (ITU-T T.30)
_CNG_HZ, _CNG_S, _CNG_EVERY_S = 1100.0, (0.35, 0.65), (3.0, 4.0)  # a fax that calls: 0.5 s, then 3 s of silence
_SIT_HZ = (950.0, 1400.0, 1780.0)  # ITU-T E.180 / Q.35
_SIT_WITHIN = 0.06
_SIT_S = 0.2

_WINDOW = np.hanning(_FRAME_SAMPLES).astype(np.float32)
_HZ = np.fft.rfftfreq(_FFT, 1 / RATE_HZ)


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """A tone that means something."""

    kind: Literal["beep", "fax", "out_of_service"]
    at_s: float


@dataclass(frozen=True, slots=True)
class _Run:
    hz: float
    start: int
    frames: int = 1


@dataclass(frozen=True, slots=True)
class ToneState:
    """What was heard so far.

    Attributes:
        frames: 20 ms each.
        before: Frequencies of tones that went straight into one another.
        fading: A tone that ended within the last frame.
        called_s: When a tone like that of a calling fax was last heard.
    """

    frames: int = 0
    run: _Run | None = None
    before: tuple[float, ...] = ()
    fading: _Run | None = None
    called_s: float | None = None
    told_fax: bool = False


def listen(state: ToneState, pcm: bytes) -> tuple[ToneState, ToneHeard | None]:
    """Take 20 ms at 8 kHz (320 bytes); return what has just become certain."""
    hz, loud = _tone(pcm)
    run = state.run
    frames = state.frames + 1
    if hz is not None and run is not None and abs(hz - run.hz) <= _STEADY_HZ:
        longer = replace(run, hz=run.hz + (hz - run.hz) / (run.frames + 1), frames=run.frames + 1)
        state = replace(state, frames=frames, run=longer)
        if not state.told_fax and abs(longer.hz - _CED_HZ) <= _STEADY_HZ and longer.frames / 50 >= _CED_S:
            return replace(state, told_fax=True), ToneHeard("fax", frames / 50)
        return state, None
    before = (*state.before, run.hz) if run is not None and run.frames / 50 >= _SIT_S else state.before
    if hz is not None:
        return replace(state, frames=frames, run=_Run(hz, frames - 1), before=before[-3:], fading=None), None
    last = run or state.fading
    state = replace(state, frames=frames, run=None, before=before if loud else (), fading=run if loud else None)
    return (state, None) if last is None or loud else _ended(state, last, before)


def _ended(state: ToneState, run: _Run, before: tuple[float, ...]) -> tuple[ToneState, ToneHeard | None]:
    """A tone is over, and silence came after it."""
    at_s, long_s = state.frames / 50, run.frames / 50
    if _is_out_of_service(before):
        return state, ToneHeard("out_of_service", at_s)
    if abs(run.hz - _CNG_HZ) <= _STEADY_HZ and _CNG_S[0] <= long_s <= _CNG_S[1]:
        start_s, last_s = run.start / 50, state.called_s
        again = last_s is not None and _CNG_EVERY_S[0] <= start_s - last_s <= _CNG_EVERY_S[1]
        state = replace(state, called_s=start_s)
        if again:
            return state, ToneHeard("fax", at_s)
    if _BEEP_HZ[0] <= run.hz <= _BEEP_HZ[1] and _BEEP_S[0] <= long_s <= _BEEP_S[1]:
        return state, ToneHeard("beep", at_s)
    return state, None


def _is_out_of_service(tones: tuple[float, ...]) -> bool:
    return len(tones) == len(_SIT_HZ) and all(
        abs(heard - wanted) <= wanted * _SIT_WITHIN for heard, wanted in zip(tones, _SIT_HZ, strict=True)
    )


def _tone(pcm: bytes) -> tuple[float | None, bool]:
    """Return the frequency of a pure tone, None for anything else; and whether there is any sound."""
    samples = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768.0
    level_db = 10 * np.log10(max(float(np.mean(samples**2)), 1e-12))
    if level_db < _QUIET_DBFS or len(samples) != _FRAME_SAMPLES:
        return None, level_db >= _QUIET_DBFS
    power = np.abs(np.fft.rfft(samples * _WINDOW, _FFT)) ** 2
    peak = int(np.argmax(power))
    near = np.abs(_HZ - _HZ[peak]) <= _NEAR_HZ
    pure = float(power[near].sum()) >= _PURE * float(power.sum())
    return (float(np.average(_HZ[near], weights=power[near])) if pure else None), True
