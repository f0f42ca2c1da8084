import datetime
from email.utils import format_datetime

import pytest

from providers.retry_after import retry_after_s


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (503, {"retry-after": " 1.5 "}, 1.5),
        (429, {"retry-after": "2", "Retry-After-Ms": "1250"}, 1.25),
        (429, {}, None),
        (429, {"retry-after": "soon"}, None),
        (429, {"retry-after": "-3"}, None),
        (429, {"retry-after": "inf"}, None),
        (429, {"retry-after": "nan"}, None),
        (500, {"retry-after": "7"}, None),
        (429, {"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
    ],
)
def test_what_a_refusal_asks_for(status: int, headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(status, headers) == expected


def test_a_date_is_time_from_now() -> None:
    when = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    told_s = retry_after_s(429, {"retry-after": format_datetime(when, usegmt=True)})
    assert told_s is not None
    assert 3500 < told_s <= 3600
