import pytest

from control_api.principal import SCOPES, Kind, Principal, Role
from control_api.rbac.paths import PathRule, lies_in, may_use, normalised

KEY = Principal("a", Kind.KEY, frozenset(SCOPES), Role.EDITOR, key_id="k")
NARROWED = Principal("a", Kind.KEY, frozenset({"flows:read"}), Role.EDITOR, key_id="k")
PERSON = Principal("a", Kind.USER, frozenset(SCOPES), Role.VIEWER, user_id="u")


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/api/v1/agents/", "/api/v1/agents"),
        ("/api//v1///agents", "/api/v1/agents"),
        ("/api/v1/agents/../billing", "/api/v1/billing"),
        ("/api/v1/./agents", "/api/v1/agents"),
        ("//", "/"),
    ],
)
def test_a_path_is_normalised_before_it_is_compared(path: str, plain: str) -> None:
    assert normalised(path) == plain


def test_a_prefix_ends_at_a_segment() -> None:
    assert lies_in("/api/v1/agents", "/api/v1/agents")
    assert lies_in("/api/v1/agents/1", "/api/v1/agents/")
    assert not lies_in("/api/v1/agents-x", "/api/v1/agents")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/agents/1", True),
        ("/api/v1/agents-x", False),
        ("/api/v1/agents/../wallets/me", False),
        ("/api/v1/wallets/me", False),
    ],
)
def test_a_key_without_rows_has_the_developers_paths(path: str, allowed: bool) -> None:
    assert may_use(KEY, "GET", path, (), union=False) is allowed


def test_an_unknown_role_has_the_developers_paths() -> None:
    assert may_use(PERSON, "GET", "/api/v1/agents", (), union=False)
    assert not may_use(PERSON, "GET", "/api/v1/wallets/me", (), union=False)


def test_rows_restrict_and_add_only_where_the_switch_says_so() -> None:
    rules = [PathRule("/api/v1/wallets", "GET")]
    assert may_use(KEY, "GET", "/api/v1/wallets/me", rules, union=False)
    assert not may_use(KEY, "POST", "/api/v1/wallets/me", rules, union=False)
    assert not may_use(KEY, "GET", "/api/v1/agents", rules, union=False)
    assert may_use(KEY, "GET", "/api/v1/agents", rules, union=True)


def test_a_key_only_reads_what_is_billed() -> None:
    assert may_use(KEY, "GET", "/api/v1/billing/usage/summary", (), union=False)
    assert not may_use(KEY, "POST", "/api/v1/billing/usage/summary", (), union=False)
    assert not may_use(KEY, "POST", "/api/v1//billing/usage", [PathRule("/", "*")], union=False)
    assert may_use(PERSON, "POST", "/api/v1/billing/usage", (), union=False)


def test_a_key_narrowed_elsewhere_has_its_rows_only() -> None:
    assert not may_use(NARROWED, "GET", "/api/v1/agents", (), union=True)
    assert may_use(NARROWED, "GET", "/api/v1/agents", [PathRule("/api/v1/agents", "GET")], union=False)
