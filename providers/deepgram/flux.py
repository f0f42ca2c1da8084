"""What Flux has read of the current turn, and what it thinks of its end. Pure."""

from collections.abc import Sequence
from typing import Any

from pipeline.ports import EagerEnd, EndOfTurn, Resumed, SttResult, SttSignal, WordTime
from providers.deepgram.sdk import number

_UPDATE_S = 0.25  # of audio between two messages
_SLACK_S = 0.03


class FluxReading:
    """Keeps the newest transcript of the turn; the service repeats it whole in every message.

    The service may end its turn where ours goes on: what it says next is then added to what it said before.
    """

    def __init__(self) -> None:
        """Begin at the beginning of the socket."""
        self.begin(0.0)

    def begin(self, at_s: float) -> None:
        """Start a turn; what is about audio before it is not part of it."""
        self._began_s = at_s
        self._ended: list[tuple[str, float, tuple[WordTime, ...]]] = []
        self._newest: tuple[str, float, tuple[WordTime, ...]] = ("", 0.0, ())
        self._read_s = at_s

    def take(self, message: Any) -> Sequence[SttSignal]:
        """Take a message; return what it says of the turn's end."""
        if getattr(message, "type", "") != "TurnInfo":
            return ()
        to_s = number(message.audio_window_end)
        if to_s <= self._began_s + _SLACK_S:
            return ()
        self._read_s = max(self._read_s, to_s)
        self._newest = (message.transcript, _confidence(message.words), self._times(message.words))
        certainty = number(message.end_of_turn_confidence)
        match message.event:
            case "EagerEndOfTurn":
                return (EagerEnd(self.result().text, certainty),)
            case "TurnResumed":
                return (Resumed(),)
            case "EndOfTurn":
                self._ended.append(self._newest)
                self._newest = ("", 0.0, ())
                text = self.result().text
                return (EndOfTurn(text, certainty),) if text else ()
            case _:
                return ()

    def is_read(self, to_s: float) -> bool:
        """Whether the newest message is about all but the last quarter of a second before there."""
        return self._read_s >= to_s - _UPDATE_S

    def result(self) -> SttResult:
        """Return the reading so far."""
        parts = [part for part in (*self._ended, self._newest) if part[0]]
        if not parts:
            return SttResult("", 0.0)
        words = tuple(word for part in parts for word in part[2])
        return SttResult(" ".join(part[0] for part in parts), min(part[1] for part in parts), words=words)

    def _times(self, words: Sequence[Any]) -> tuple[WordTime, ...]:
        return tuple(
            WordTime(
                word.word, max(0.0, number(word.start) - self._began_s), max(0.0, number(word.end) - self._began_s)
            )
            for word in words
            if word.start is not None and word.end is not None
        )


def _confidence(words: Sequence[Any]) -> float:
    return sum(number(word.confidence, 1.0) for word in words) / len(words) if words else 1.0
