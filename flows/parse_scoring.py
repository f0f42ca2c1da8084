"""Reads the `scoring` block."""

from flows.model import Criterion, Scoring
from flows.reader import Section


def scoring(top: Section) -> Scoring:
    """Read `scoring`: the name of a rubric, or a rubric written out."""
    if isinstance(top.children["scoring"].value, str):
        return Scoring(rubric=top.text("scoring"))
    section = top.section("scoring")
    default = Scoring()
    criteria = section.section("criteria")
    turns, tokens = section.number("min_user_turns"), section.number("max_tokens")
    temperature = section.number("temperature")
    return Scoring(
        rubric=section.text("rubric"),
        instructions=section.text("instructions") or "",
        criteria=tuple(_criterion(criteria.section(name), name) for name in criteria.children),
        overall=section.text("overall"),
        feedback=section.words("feedback"),
        min_user_turns=default.min_user_turns if turns is None else max(int(turns), 0),
        max_tokens=default.max_tokens if tokens is None else max(int(tokens), 1),
        temperature=default.temperature if temperature is None else temperature,
    )


def _criterion(section: Section, name: str) -> Criterion:
    default = Criterion(name)

    def number(key: str, otherwise: float) -> float:
        value = section.number(key)
        return otherwise if value is None else value

    found = Criterion(
        name,
        section.text("description") or "",
        number("minimum", default.minimum),
        number("maximum", default.maximum),
        number("step", default.step),
        number("weight", default.weight),
    )
    if not (found.minimum < found.maximum and found.step > 0 and found.weight >= 0) and section.node is not None:
        section.note(section.node, "parse.type", f"'{section.path}' needs minimum < maximum, step > 0 and weight >= 0.")
    return found
