"""What came of a call, as JSON: the dialogue turn by turn, and the waits as the recording shows them. Pure."""

import itertools
from collections.abc import Sequence
from typing import Any

from server.caller.live_call import CallRecord, Event
from server.caller.measure import Gap, gaps, percentile, voiced_segments
from server.caller.sound import RATE_HZ
from server.caller.wire import Waterfall


def report_of(record: CallRecord) -> dict[str, Any]:
    """Return the report of a call.

    `turns` has one entry for each line of the caller, after one with an empty `caller` for the greeting.
    `voice_to_voice_ms` of a turn is None where the recording shows no wait (see `measure.gaps`).
    """
    measured = gaps(voiced_segments(record.caller, RATE_HZ), voiced_segments(record.bot, RATE_HZ), RATE_HZ)
    turns = _turns(record.events, measured)
    waits = [turn["voice_to_voice_ms"] for turn in turns if turn["voice_to_voice_ms"] is not None]
    return {
        "completed": record.completed,
        "end_reason": record.end_reason,
        "variables": record.variables,
        "states": list(record.states()),
        "turns": turns,
        "voice_to_voice_ms": {"p50": percentile(waits, 50), "p95": percentile(waits, 95)},
        "errors": [event.text for event in record.events if event.who == "error"],
    }


def _turns(events: Sequence[Event], measured: Sequence[Gap]) -> list[dict[str, Any]]:
    starts = [event for event in events if event.who in ("caller", "screen")]
    bounds = [0, *(event.at_samples for event in starts), 1 << 62]
    said_first = {str(event.detail): event.at_samples for event in reversed(events) if event.who == "bot"}
    said = {str(event.detail): event.text for event in events if event.who == "bot"}
    turns = []
    for index, (first, last) in enumerate(itertools.pairwise(bounds)):
        inside = [event for event in events if first <= event.at_samples < last]
        gap = next((g for g in measured if first <= g.caller_end_samples < last), None) if index else None
        # what the bot was cut off in stays with the turn in which it began to say it
        bot = " ".join(text for key, text in said.items() if text and first <= said_first[key] < last)
        turns.append(_turn(starts[index - 1] if index else None, inside, bot, gap))
    return turns


def _turn(start: Event | None, inside: Sequence[Event], bot: str, gap: Gap | None) -> dict[str, Any]:
    shown = next((event.detail for event in inside if event.who == "waterfall"), None)
    return {
        "at_s": round(start.at_samples / RATE_HZ, 2) if start else 0.0,
        "caller": "" if start is None else start.text if start.who == "caller" else f"[{start.text}]",
        "heard": " ".join(event.text for event in inside if event.who == "heard"),
        "bot": bot,
        "interrupted": any(event.who == "interrupted" for event in inside),
        "voice_to_voice_ms": round(gap.voice_to_voice_ms, 1) if gap else None,
        "waterfall": _waterfall(shown) if isinstance(shown, Waterfall) else None,
    }


def _waterfall(shown: Waterfall) -> dict[str, Any]:
    return {"turn": shown.turn, "gap_ms": shown.gap_ms, "spans": [dict(span) for span in shown.spans]}
