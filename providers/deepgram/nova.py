"""What Nova has read of the current turn. Pure."""

from collections.abc import Sequence
from typing import Any

from pipeline.ports import SttResult, SttSignal, WordTime
from providers.deepgram.sdk import number

_PARTIAL_CONFIDENCE = 0.5
_SLACK_S = 0.03  # times are rounded to hundredths


class NovaReading:
    """Puts the turn together from its final pieces and the interim one after them.

    Times of the service are seconds of audio since the socket was opened; a turn begins somewhere in it.
    """

    def __init__(self) -> None:
        """Begin at the beginning of the socket."""
        self.begin(0.0)

    def begin(self, at_s: float) -> None:
        """Start a turn; what is about audio before it is not part of it."""
        self._began_s = at_s
        self._finals: list[tuple[str, float]] = []
        self._words: list[WordTime] = []
        self._interim = ""
        self._read_s = at_s

    def take(self, message: Any) -> Sequence[SttSignal]:
        """Take a message; Nova gives no signals."""
        if getattr(message, "type", "") != "Results":
            return ()
        end_s = number(message.start) + number(message.duration)
        if end_s <= self._began_s + _SLACK_S:
            return ()
        alternative = message.channel.alternatives[0]
        if not message.is_final:
            self._interim = alternative.transcript
            return ()
        self._interim = ""
        self._read_s = max(self._read_s, end_s)
        if alternative.transcript:
            self._finals.append((alternative.transcript, number(alternative.confidence, 1.0)))
            self._words += [
                WordTime(
                    word.punctuated_word or word.word,
                    max(0.0, number(word.start) - self._began_s),
                    max(0.0, number(word.end) - self._began_s),
                )
                for word in alternative.words
            ]
        return ()

    def is_read(self, to_s: float) -> bool:
        """Whether everything up to there is read for good."""
        return self._read_s >= to_s - _SLACK_S

    def result(self) -> SttResult:
        """Return the reading so far, with what may still change at its end."""
        texts = [text for text, _ in self._finals]
        text = " ".join([*texts, self._interim]).strip()
        if not text:
            return SttResult("", 0.0)
        confidence = min((each for _, each in self._finals), default=1.0)
        return SttResult(text, _PARTIAL_CONFIDENCE if self._interim else confidence, words=tuple(self._words))
