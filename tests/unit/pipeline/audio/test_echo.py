"""Whether what is heard is what was played, with recorded voices."""

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.audio.echo import RATE_HZ, echo_share, lowered
from pipeline.ears import Ears
from pipeline.turns.voice_activity import SpeechStarted, VoiceEdge
from pipeline.vad import VadScheduler, VadTrack
from providers.fake.vad import FakeVad
from tests.support.recordings import recording, resampled, telephone

_IN_HZ = 16_000
_BOT = np.frombuffer(recording("jfk"), "<i2").astype(np.float32)
_CALLER = np.frombuffer(recording("pae_quick_brown_fox"), "<i2").astype(np.float32)


def _pcm(samples: npt.NDArray[np.float32]) -> bytes:
    return np.clip(samples, -32768, 32767).astype("<i2").tobytes()


def _frames(samples: npt.NDArray[np.float32], rate_hz: int = _IN_HZ) -> list[bytes]:
    size = rate_hz // 50
    return [_pcm(samples[at : at + size]) for at in range(0, len(samples) - size + 1, size)]


def _share(heard: npt.NDArray[np.float32], until_s: float, *, delay_s: float) -> float:
    """Compare 0.2 s of what comes in with the second that was played until then."""
    end = round(until_s * _IN_HZ)
    echo_end = end - round(delay_s * _IN_HZ)
    played = lowered([_pcm(_BOT[end - _IN_HZ : end])], _IN_HZ)
    return echo_share(lowered([_pcm(heard[echo_end - _IN_HZ // 5 : echo_end])], _IN_HZ), played)


@pytest.mark.parametrize("delay_s", [0.0, 0.013, 0.06, 0.18, 0.4, 0.7])
@pytest.mark.parametrize("level_db", [-6.0, -14.0, -24.0, -30.0])
def test_a_soft_copy_is_an_echo_after_any_delay(level_db: float, delay_s: float) -> None:
    hiss = np.random.default_rng(1).normal(0, 10, len(_BOT)).astype(np.float32)
    heard = _BOT * 10 ** (level_db / 20) + hiss
    assert all(_share(heard, until_s, delay_s=delay_s) >= 0.5 for until_s in (2.0, 3.9, 6.0, 8.4))


def test_an_echo_through_a_telephone_is_one_too() -> None:
    heard = np.frombuffer(telephone(_pcm(_BOT * 0.3)), "<i2").astype(np.float32)
    assert _share(heard, 3.9, delay_s=0.2) >= 0.5


@pytest.mark.parametrize("at_s", [1.2, 1.4, 1.6, 1.8, 2.0, 2.2])
@pytest.mark.parametrize("louder_db", [0.0, -6.0, -12.0])
def test_another_voice_is_none(at_s: float, louder_db: float) -> None:
    heard = _CALLER * 10 ** (louder_db / 20)
    assert all(_share(np.roll(heard, round(shift * _IN_HZ)), at_s, delay_s=0.0) < 0.4 for shift in (0.0, 0.3, 0.7))


def test_who_talks_over_the_echo_is_heard() -> None:
    together = _CALLER[: 2 * _IN_HZ] + _BOT[: 2 * _IN_HZ] * 10 ** (-14 / 20)
    voiced = max(range(20, 95), key=lambda frame: float(np.abs(_CALLER[frame * 320 : frame * 320 + 3200]).sum()))
    assert _share(together, voiced / 50 + 0.2, delay_s=0.0) < 0.5


def test_nothing_is_the_echo_of_what_is_as_loud() -> None:
    assert _share(_BOT, 3.9, delay_s=0.1) < 0.4


def test_without_sound_there_is_no_echo() -> None:
    nothing = np.zeros(0, np.float32)
    assert echo_share(nothing, nothing) == 0.0
    assert echo_share(np.zeros(800, np.float32), np.zeros(4000, np.float32)) == 0.0
    assert len(lowered([bytes(640)], _IN_HZ)) == RATE_HZ // 50


# --- in the ears -----------------------------------------------------------------------------------------------------
class _Inline(VadScheduler):
    def wake(self, track: VadTrack) -> None:
        while track.pending:
            pos, window = track.pending.pop(0)
            score = 0.0 if window is None else float(self.model.run(window[None], np.zeros((1, 1), np.float32))[0][0])
            track.on_probability(score, pos)


def _starts(played: list[bytes], played_hz: int, heard: list[bytes]) -> int:
    edges: list[VoiceEdge] = []
    ears = Ears(_IN_HZ, _Inline(FakeVad()), None, edges.append)
    for out, back in zip(played, heard, strict=False):
        ears.note_played(played_hz, out)
        ears.feed(back)
    return sum(isinstance(edge, SpeechStarted) for edge in edges)


@pytest.mark.parametrize("played_hz", [8_000, 16_000, 24_000])
@pytest.mark.parametrize("delay_s", [0.06, 0.18, 0.4])
def test_the_bots_own_echo_begins_no_turn(played_hz: int, delay_s: float) -> None:
    bot = _BOT if played_hz == _IN_HZ else resampled(_BOT, _IN_HZ, played_hz)
    echo = np.concatenate((np.zeros(round(delay_s * _IN_HZ), np.float32), _BOT * 0.2))
    assert _starts(_frames(bot, played_hz), played_hz, _frames(echo)) == 0


def test_the_caller_begins_one() -> None:
    caller = np.concatenate((np.zeros(_IN_HZ, np.float32), _CALLER))
    both = caller + _BOT[: len(caller)] * 0.2
    assert _starts(_frames(_BOT[: len(caller)]), _IN_HZ, _frames(both)) >= 1
