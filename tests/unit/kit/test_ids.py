import uuid

from kit.ids import session_token, uuid7


def test_ids_are_uuids_of_version_7() -> None:
    parsed = uuid.UUID(uuid7())
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)


def test_ids_of_later_milliseconds_sort_later() -> None:
    first = uuid7()
    later = first
    while later[:13] == first[:13]:
        later = uuid7()
    assert later > first


def test_no_two_ids_are_alike() -> None:
    assert len({uuid7() for _ in range(1_000)}) == 1_000


def test_a_session_token_is_url_safe_and_long() -> None:
    token = session_token()
    assert token.startswith("st_")
    assert len(token) == 46
    assert set(token[3:]) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
