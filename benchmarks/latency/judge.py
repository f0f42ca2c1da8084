"""Reads waits and false cut-offs out of a caller's recording. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.talk.caller import Recording
from benchmarks.talk.tape import RATE_HZ
from server.caller.measure import Segment, voiced_segments


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one turn.

    Attributes:
        wait_ms: From the labelled end of the voice to the first voiced sample of the bot; None if there is none.
        cut_off: The bot spoke into the turn.
    """

    name: str
    kind: str
    wait_ms: float | None
    cut_off: bool

    @property
    def unanswered(self) -> bool:
        """Say whether the caller waited in vain."""
        return self.wait_ms is None and not self.cut_off


def judge(recording: Recording) -> list[Verdict]:
    """Judge each turn of a call; sounds that are no turns are left out."""
    return judge_turns(recording, voiced_segments(recording.bot, RATE_HZ))


def judge_turns(recording: Recording, bot: Sequence[Segment]) -> list[Verdict]:
    """Judge the turns of a call in which the bot was heard in `bot`."""
    verdicts = []
    starts = [played.start_samples for played in recording.played]
    for played, until in zip(recording.played, [*starts[1:], recording.end_samples + RATE_HZ], strict=True):
        turn = played.step.turn
        if turn.true_end_s is None:
            continue
        end = played.start_samples + turn.true_end_s * RATE_HZ
        onset = next((s.start_samples for s in bot if played.start_samples <= s.start_samples < until), None)
        if onset is None:
            verdicts.append(Verdict(turn.name, turn.kind, None, cut_off=False))
        elif onset < end:
            verdicts.append(Verdict(turn.name, turn.kind, None, cut_off=True))
        else:
            verdicts.append(Verdict(turn.name, turn.kind, 1000 * (onset - end) / RATE_HZ, cut_off=False))
    return verdicts
