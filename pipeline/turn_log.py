"""Where the time of each turn went, and what is left of the call."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pipeline.frames.control import Span, Waterfall
from pipeline.report import TurnReport

# In the order in which they happen; each span ends where its moment came and begins where the last one before it did.
SPANS = ("endpoint", "stt", "end_of_turn", "flow", "llm_first_token", "first_sentence", "tts", "playout")


@dataclass(slots=True)
class TurnTimes:
    """Moments of one turn, on the loop's clock.

    Attributes:
        quiet_s: The caller's last voiced sample came in; None when the bot speaks unasked.
        began_s: Where the turn's time starts: `quiet_s`, or when the answer became due.
        moments_s: Span name → when it ended.
        voice_from_s: When the caller had begun to speak.
        ended_s: When the last of what was sent of the answer is heard.
        failures: Kinds of provider that failed on the way, once each time.
        saved_s: How much sooner the answer came because it was begun before the turn was over; None if it was not.
        reasons: As in `Waterfall`.
    """

    quiet_s: float | None
    began_s: float
    moments_s: dict[str, float] = field(default_factory=dict)
    voice_from_s: float | None = None
    ended_s: float | None = None
    failures: list[str] = field(default_factory=list)
    saved_s: float | None = None
    reasons: tuple[str, ...] = ()

    def mark(self, name: str, now_s: float) -> None:
        """Note the first time that `name` happens."""
        self.moments_s.setdefault(name, now_s)

    def waterfall(self, turn: int) -> Waterfall:
        """Return the spans one after the other; their sum is the gap."""
        spans: list[Span] = []
        last_s = self.began_s
        for name in SPANS:
            if name in self.moments_s:
                end_s = max(self.moments_s[name], last_s)
                spans.append(Span(name, _ms(last_s - self.began_s), _ms(end_s - self.began_s)))
                last_s = end_s
        gap_ms = _ms(last_s - self.began_s) if self.quiet_s is not None else None
        saved_ms = _ms(self.saved_s) if self.saved_s is not None else None
        return Waterfall(turn, gap_ms, tuple(spans), saved_ms, self.reasons)

    def fell_silent(self, now_s: float) -> None:
        """What was sent ahead and not heard by now never is."""
        if self.ended_s is not None:
            self.ended_s = min(self.ended_s, now_s)

    def caller_s(self) -> float | None:
        """Return how long the caller spoke."""
        return _between_s(self.voice_from_s, self.quiet_s)

    def bot_s(self) -> float | None:
        """Return the time from the first to the last that was heard of the answer."""
        return _between_s(self.moments_s.get(SPANS[-1]), self.ended_s)


def _between_s(first_s: float | None, last_s: float | None) -> float | None:
    return None if first_s is None or last_s is None else round(last_s - first_s, 4)


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


class LogMoment(NamedTuple):
    """What a log knew at some time."""

    turns: int
    caller: str


class TurnLog:
    """Collects one entry per bot turn.

    Attributes:
        began_s: When the call began, on the loop's clock.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self.began_s = 0.0
        self._turns: list[TurnReport] = []
        self._caller = ""

    def caller_said(self, text: str) -> None:
        """The next bot turn answers this."""
        if self._caller:
            self.bot_said("", None, None, interrupted=True)  # nothing was heard of the answer to what was said before
        self._caller = text

    def bot_said(self, text: str, waterfall: Waterfall | None, times: TurnTimes | None, *, interrupted: bool) -> None:
        """Close a bot turn with what was heard of it; without `times` it was never begun."""
        gap_ms, spans = (waterfall.gap_ms, waterfall.spans) if waterfall else (None, ())
        saved_ms = waterfall.saved_ms if waterfall else None
        turn = TurnReport(len(self._turns), self._caller, text, gap_ms, spans, interrupted, saved_ms=saved_ms)
        if times is not None:
            turn = replace(
                turn,
                at_s=round(times.began_s - self.began_s, 4),
                caller_s=times.caller_s(),
                bot_s=times.bot_s(),
                failures=tuple(times.failures),
                reasons=times.reasons,
            )
            times.failures.clear()  # an apology may be said in the same turn
        self._turns.append(turn)
        self._caller = ""

    @property
    def moment(self) -> LogMoment:
        """What can be gone back to."""
        return LogMoment(len(self._turns), self._caller)

    def go_back(self, moment: LogMoment) -> None:
        """Forget what came since then."""
        del self._turns[moment.turns :]
        self._caller = moment.caller

    @property
    def next_turn(self) -> int:
        """Number of the turn under way; 0 is the greeting."""
        return len(self._turns)

    def turns(self) -> tuple[TurnReport, ...]:
        """Return all turns, the unanswered last words of the caller included."""
        if not self._caller:
            return tuple(self._turns)
        return (*self._turns, TurnReport(len(self._turns), self._caller, "", None))
