"""What a vendor's ears have heard: audio is the clock, sound is anything but digital silence."""

from collections.abc import Callable

_INTERIM_S = 0.25
_WORDS_PER_S = 4.0


class Hearing:
    """The words of the stretch of sound under way, said at four a second.

    Attributes:
        heard_s: Audio so far.
        sound_s: Sound of this stretch.
    """

    def __init__(self, rate_hz: int, next_words: Callable[[], list[str]]) -> None:
        self._bytes_per_s, self._next_words = 2 * rate_hz, next_words
        self.heard_s = 0.0
        self.begin()

    def begin(self) -> None:
        """Begin another stretch."""
        self._words: list[str] = []
        self.sound_s = self._interim_at_s = 0.0

    def hear(self, pcm: bytes) -> bool:
        """Take audio; return whether it is time for a reading so far."""
        seconds = len(pcm) / self._bytes_per_s
        self.heard_s += seconds
        if not any(pcm):
            return False
        self._words = self._words or self._next_words()
        self.sound_s += seconds
        due = self.sound_s >= self._interim_at_s + _INTERIM_S
        if due:
            self._interim_at_s = self.sound_s
        return due

    @property
    def said(self) -> list[str]:
        """What was said so far."""
        return self._words[: max(1, round(self.sound_s * _WORDS_PER_S))]

    @property
    def spans_ms(self) -> list[tuple[int, int]]:
        """Where each word is in the audio."""
        began_s, each_s = self.heard_s - self.sound_s, 1 / _WORDS_PER_S
        return [
            (round((began_s + index * each_s) * 1000), round((began_s + (index + 1) * each_s) * 1000))
            for index in range(len(self.said))
        ]


class Script:
    """What is said, over and over."""

    def __init__(self, lines: tuple[str, ...] | list[str]) -> None:
        self.lines = lines
        self._said = 0

    def next_words(self) -> list[str]:
        words = self.lines[self._said % len(self.lines)].split()
        self._said += 1
        return words
