"""What words alone tell of a number or an address: is all of it there?"""

import pytest

from pipeline.turns.spoken_forms import is_whole_email, is_whole_phone_number


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("212-555-0199", True),
        ("2 1 2, 555, oh one nine nine.", True),
        ("two one two five five five zero one nine nine", True),
        ("+44 20 7946 0958", True),
        ("It's 212 555 0199", True),
        ("555 0199", False),  # an area code may come before or after
        ("212 555", False),
        ("2125550199 2125550198", False),
        ("", False),
    ],
)
def test_a_phone_number_is_whole_with_its_area_code(text: str, whole: bool) -> None:
    assert is_whole_phone_number(text) is whole


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("ann@example.com", True),
        ("Ann at example dot com.", True),
        ("ann dot lee at example.co.uk", True),
        ("ann at example", False),
        ("ann at example dot", False),
        ("ann at example.co", False),  # ".uk" may follow
        ("that is common", False),
        ("", False),
    ],
)
def test_an_address_is_whole_with_its_top_level_domain(text: str, whole: bool) -> None:
    assert is_whole_email(text) is whole
