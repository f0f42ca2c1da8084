"""What a call used, and how long its answers took. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kit.money import MICROCENTS

PHONE = frozenset({"twilio", "plivo", "exotel", "asterisk"})


def usage(report: Mapping[str, Any], *, on_phone: bool) -> dict[str, float]:
    """Add up what the providers did."""
    uses: Sequence[Mapping[str, Any]] = report.get("usage", ())
    return {
        "stt_s": round(_sum(use.get("audio_s", 0) for use in uses), 3),
        "llm_tokens": _sum(use.get("tokens_in", 0) + use.get("tokens_out", 0) for use in uses),
        "tts_chars": _sum(use.get("characters", 0) for use in uses),
        "telephony_s": round(report.get("duration_s", 0.0), 3) if on_phone else 0,
    }


def latency(report: Mapping[str, Any]) -> dict[str, float | int | None]:
    """Return how long the caller waited for answers: nearest-rank percentiles of the gaps."""
    gaps = sorted(turn["gap_ms"] for turn in report.get("turns", ()) if turn.get("gap_ms") is not None)
    named = {f"p{share}_ms": _rank(gaps, share) for share in (50, 95, 99)}
    return {"answers": len(gaps)} | named


def transcript(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was said and heard, in order."""
    said = []
    for turn in report.get("turns", ()):
        for role, text in (("user", turn.get("caller", "")), ("assistant", turn.get("bot", ""))):
            if text:
                said.append({"role": role, "content": text, "at_s": turn.get("at_s")})
    return said


def usd(microcents: int) -> float:
    """Return micro-cents as dollars, for showing."""
    return round(microcents / MICROCENTS / 100, 6)


def _sum(values: Iterable[float]) -> float:
    return sum(values)


def _rank(ordered: Sequence[float], share: int) -> float | None:
    return ordered[math.ceil(len(ordered) * share / 100) - 1] if ordered else None
