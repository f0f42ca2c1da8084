"""Audio: mono, int16, little-endian; media time is a sample count."""

from dataclasses import dataclass

from pipeline.frames.base import DataFrame, SystemFrame


@dataclass(frozen=True, slots=True)
class AudioIn(SystemFrame):
    """Audio from the other side, any even number of bytes."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class AudioOut(DataFrame):
    """20 ms for the other side at the leg's `rate_out_hz`.

    Attributes:
        pos_samples: Samples sent before this frame in this call.
        generation: The bot turn it belongs to.
    """

    pcm: bytes
    pos_samples: int
    generation: int


@dataclass(frozen=True, slots=True)
class Ambience(AudioOut):
    """20 ms of background between the bot's words: played as they are, but counted by nobody and older than all."""

    pos_samples: int = 0
    generation: int = -1
