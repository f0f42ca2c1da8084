"""What a conversation is judged by."""

from flows.load import load
from flows.model import Criterion, Scoring
from flows.scoring import result_schema, settle

TEXT = """
id: f
initial_state: a
states: {a: {say: Hi., transitions: {}}}
scoring:
  instructions: Be fair.
  criteria:
    fluency: {description: Ease., minimum: 1, maximum: 9, step: 0.5, weight: 3}
    grammar: {minimum: 1, maximum: 9, step: 0.5}
  overall: band
  feedback: [strengths]
  min_user_turns: 3
  max_tokens: 500
  temperature: 0
"""


def scoring_of(text: str) -> Scoring:
    scoring = load(text).scoring
    assert scoring is not None
    return scoring


def test_a_rubric_is_read_whole() -> None:
    assert scoring_of(TEXT) == Scoring(
        instructions="Be fair.",
        criteria=(Criterion("fluency", "Ease.", 1, 9, 0.5, 3), Criterion("grammar", "", 1, 9, 0.5)),
        overall="band",
        feedback=("strengths",),
        min_user_turns=3,
        max_tokens=500,
        temperature=0,
    )


def test_a_rubric_kept_elsewhere_is_only_named() -> None:
    head = TEXT[: TEXT.index("scoring:")]
    assert scoring_of(head + "scoring: ielts\n") == Scoring(rubric="ielts")
    assert scoring_of(head + "scoring: {rubric: ielts}\n") == Scoring(rubric="ielts")
    assert load(head).scoring is None


def test_the_model_is_asked_for_each_score_and_text() -> None:
    assert result_schema(scoring_of(TEXT)) == {
        "type": "object",
        "properties": {
            "fluency": {"type": "number", "minimum": 1, "maximum": 9, "description": "Ease."},
            "grammar": {"type": "number", "minimum": 1, "maximum": 9},
            "strengths": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["fluency", "grammar", "strengths"],
        "additionalProperties": False,
    }


def test_scores_are_brought_into_their_steps_and_the_mean_is_ours() -> None:
    settled = settle(scoring_of(TEXT), {"fluency": 6.3, "grammar": 12, "band": 1, "strengths": ["clear", 3]})
    assert settled == {"fluency": 6.5, "grammar": 9.0, "band": 7.0, "strengths": ["clear", "3"]}


def test_a_scoring_need_not_have_a_mean() -> None:
    assert settle(Scoring(criteria=(Criterion("fit"),)), {"fit": 3.4}) == {"fit": 3.0}


def test_what_was_not_judged_is_none_and_counts_for_nothing() -> None:
    settled = settle(scoring_of(TEXT), {"fluency": "good", "grammar": 5, "strengths": "clear"})
    assert settled == {"fluency": None, "grammar": 5.0, "band": 5.0, "strengths": ["clear"]}
    assert settle(scoring_of(TEXT), {"fluency": float("nan"), "grammar": True}) == {
        "fluency": None, "grammar": None, "band": None, "strengths": [],
    }  # fmt: skip
