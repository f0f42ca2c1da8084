import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.openai.tolerant import parse_arguments


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('{{"a": 1}}', {"a": 1}),
        ('{"a": [1, 2,], }', {"a": [1, 2]}),
        ('{"a": "x"', {"a": "x"}),
        ('{"a": "x', {"a": "x"}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ("[1]", {}),
        ("book it", {}),
    ],
)
def test_what_a_model_meant_is_found(written: str, meant: dict[str, object]) -> None:
    assert parse_arguments(written) == meant


@given(st.text(alphabet='{}[]":,\\ a1`'))
def test_any_text_is_an_object(written: str) -> None:
    assert isinstance(parse_arguments(written), dict)
