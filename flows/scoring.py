"""What a conversation is to be judged by, and what comes of a model's judgement; asking the model is not done here."""

from collections.abc import Mapping
from typing import Any

from flows.model import Criterion, Scoring


def result_schema(scoring: Scoring) -> dict[str, Any]:
    """The JSON Schema of the answer that a model is to give."""
    scores = {each.name: _score_schema(each) for each in scoring.criteria}
    texts = {name: {"type": "array", "items": {"type": "string"}} for name in scoring.feedback}
    properties = {**scores, **texts}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def settle(scoring: Scoring, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Make an answer whole: scores within their bounds and steps, the mean worked out here, texts as lists.

    Args:
        scoring: What was asked for.
        answer: What the model gave; what is missing or no number is None.
    """
    scores = {each.name: _settled(each, answer.get(each.name)) for each in scoring.criteria}
    settled: dict[str, Any] = dict(scores)
    if scoring.overall is not None:
        settled[scoring.overall] = _mean(scoring, scores)
    for name in scoring.feedback:
        given = answer.get(name)
        lines = given if isinstance(given, (list, tuple)) else [] if given is None else [given]
        settled[name] = [str(line) for line in lines]
    return settled


def _score_schema(criterion: Criterion) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "number", "minimum": criterion.minimum, "maximum": criterion.maximum}
    return {**schema, "description": criterion.description} if criterion.description else schema


def _settled(criterion: Criterion, value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return _stepped(criterion, min(max(float(value), criterion.minimum), criterion.maximum))


def _stepped(criterion: Criterion, value: float) -> float:
    steps = int((value - criterion.minimum) / criterion.step + 0.5)
    return min(round(criterion.minimum + steps * criterion.step, 6), criterion.maximum)


def _mean(scoring: Scoring, scores: Mapping[str, float | None]) -> float | None:
    """The weighted mean of what was judged, on the scale of the first criterion."""
    judged = [(each.weight, score) for each in scoring.criteria if (score := scores[each.name]) is not None]
    total = sum(weight for weight, _ in judged)
    if not total:
        return None
    return _stepped(scoring.criteria[0], sum(weight * score for weight, score in judged) / total)
