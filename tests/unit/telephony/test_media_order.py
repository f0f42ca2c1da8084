import pytest

from telephony.media_order import MediaOrder


@pytest.mark.parametrize(
    ("numbers", "silences", "missing", "unordered"),
    [
        ([1, 2, 3], [0, 0, 0], 0, 0),
        ([7, 8], [0, 0], 0, 0),
        ([1, 2, 5], [0, 0, 2], 2, 0),
        ([1, 3, 2, 4], [0, 1, None, 0], 1, 1),
        ([1, 1, 2], [0, None, 0], 0, 1),
        ([None, 1, None, 2], [0, 0, 0, 0], 0, 0),
        ([1, 500], [0, 0], 498, 0),  # media time goes by the clock
        ([500, 1, 2], [0, 0, 0], 0, 0),  # the other side counts anew
    ],
)
def test_each_piece_has_its_place(
    numbers: list[int | None], silences: list[int | None], missing: int, unordered: int
) -> None:
    order = MediaOrder()
    assert [order.take(number) for number in numbers] == silences
    assert (order.missing, order.unordered) == (missing, unordered)
