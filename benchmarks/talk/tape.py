"""Labelled turns as the benchmarks play them: 20 ms frames at 16 kHz, and a reader that knows each frame by its bytes.

Needs numpy and nothing of ours, so that the programs of peers read the same tape in environments of their own.
"""

import json
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
FRAME_S = 0.02
FRAME_SAMPLES = round(RATE_HZ * FRAME_S)
FRAME_BYTES = 2 * FRAME_SAMPLES
_LEVEL_S = 0.005
_QUIET_DB = -20.0  # below a turn's loudest 5 ms: where nothing is said


@dataclass(frozen=True, slots=True)
class Turn:
    """One sound of a caller.

    Attributes:
        kind: What it is an example of.
        text: What a perfect recogniser reads; empty for a noise.
        asked_for: What a flow would have asked for that gets it (`endpointing` of a state).
        true_end_s: Where the caller has finished, from the beginning of the sound; None if it is no turn.
        speech: Where the caller speaks, `(from_s, to_s)`.
        sound: Whole frames, int16 mono at 16 kHz.
    """

    name: str
    kind: str
    text: str
    asked_for: str
    true_end_s: float | None
    speech: tuple[tuple[float, float], ...]
    sound: npt.NDArray[np.int16]

    def frames(self) -> list[bytes]:
        """Return the sound in frames of 20 ms."""
        pcm = self.sound.astype("<i2").tobytes()
        return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]

    @property
    def seconds(self) -> float:
        """Return how long the sound is."""
        return len(self.sound) / RATE_HZ

    def voiced_s(self) -> tuple[float, float]:
        """Return where the voice, or what else stands out of the room, begins and ends."""
        if self.speech:
            return self.speech[0][0], self.speech[-1][1]
        level = _levels(self.sound)
        loud = np.flatnonzero(level >= level.max() * 10 ** (_QUIET_DB / 20))
        return int(loud[0]) * _LEVEL_S, (int(loud[-1]) + 1) * _LEVEL_S


def write_tape(folder: Path, turns: Sequence[Turn]) -> None:
    """Write `turns` where another process can `read_tape` them."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for turn in turns:
        with wave.open(str(folder / f"{turn.name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(turn.sound.astype("<i2").tobytes())
        entries.append(
            {
                "file": f"{turn.name}.wav",
                "kind": turn.kind,
                "text": turn.text,
                "asked_for": turn.asked_for,
                "true_end_s": turn.true_end_s,
                "speech": turn.speech,
            }
        )
    (folder / "tape.json").write_text(json.dumps(entries), encoding="utf-8")


def read_tape(folder: Path) -> list[Turn]:
    """Read what `write_tape` wrote."""
    turns = []
    for entry in json.loads((folder / "tape.json").read_text(encoding="utf-8")):
        with wave.open(str(folder / entry["file"])) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
        entry["speech"] = tuple((float(first), float(last)) for first, last in entry["speech"])
        turns.append(Turn(str(entry.pop("file")).removesuffix(".wav"), **entry, sound=sound))
    return turns


class TapeReader:
    """A perfect recogniser for the sounds of a tape, and for nothing else; shared by all calls."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        """Learn the frames of `turns`; frames that two of them share are no evidence of either."""
        self.turns = tuple(turns)
        places: dict[bytes, tuple[int, int] | None] = {}
        for index, turn in enumerate(turns):
            for number, frame in enumerate(turn.frames()):
                places[frame] = None if frame in places else (index, number)
        self._places: Mapping[bytes, tuple[int, int] | None] = places
        self._word_ends = [_word_ends_s(turn) for turn in turns]

    def place(self, frame: bytes) -> tuple[int, int] | None:
        """Return which turn `frame` is from, and its number in it."""
        return self._places.get(frame)

    def words(self, turn: int, first_frame: int, last_frame: int) -> str:
        """Return the words of `turn` whose ends lie in these frames (both included)."""
        first_s, last_s = first_frame * FRAME_S, (last_frame + 1) * FRAME_S
        ends = self._word_ends[turn]
        return " ".join(word for word, end_s in ends if first_s < end_s <= last_s)


class Hearing:
    """What one call's recogniser has been given since its turn began."""

    def __init__(self, reader: TapeReader) -> None:
        """Have heard nothing."""
        self._reader = reader
        self._spans: dict[int, tuple[int, int]] = {}

    def begin(self) -> None:
        """Forget everything."""
        self._spans.clear()

    def feed(self, pcm: bytes) -> None:
        """Take whole frames."""
        for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
            place = self._reader.place(pcm[at : at + FRAME_BYTES])
            if place is not None:
                turn, frame = place
                first, last = self._spans.get(turn, (frame, frame))
                self._spans[turn] = (min(first, frame), max(last, frame))

    def text(self) -> str:
        """Return the words heard, in the order in which their turns were."""
        parts = [self._reader.words(turn, first, last) for turn, (first, last) in self._spans.items()]
        return " ".join(part for part in parts if part)


def _word_ends_s(turn: Turn) -> list[tuple[str, float]]:
    """Say when each word has been said: words take their share, by letters, of the time in which there is voice."""
    words = turn.text.split()
    if not words:
        return []
    total_s = sum(last - first for first, last in turn.speech)
    letters = np.cumsum([len(word) + 1 for word in words])
    # a little before the very end, so that the frames of the voice hold the last word
    shares = 0.98 * letters / letters[-1] * total_s
    return [(word, _on_the_line(turn.speech, float(share))) for word, share in zip(words, shares, strict=True)]


def _on_the_line(voiced: Sequence[tuple[float, float]], share_s: float) -> float:
    left_s = share_s
    for first_s, last_s in voiced:
        if left_s <= last_s - first_s:
            return first_s + left_s
        left_s -= last_s - first_s
    return voiced[-1][1]


def _levels(sound: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    size = round(_LEVEL_S * RATE_HZ)
    whole = sound[: len(sound) // size * size].astype(np.float64).reshape(-1, size)
    level: npt.NDArray[np.float64] = np.sqrt((whole**2).mean(axis=1))
    return level
