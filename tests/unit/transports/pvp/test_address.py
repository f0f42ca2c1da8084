import pytest

from kit.errors import InputError
from transports.ports import CallRequest
from transports.pvp.address import request_of


@pytest.mark.parametrize(
    "query",
    [
        [("mode", "flow"), ("program_id", "greet")],
        [("mode", "program"), ("flow", "greet")],
        [("program_id", "greet"), ("flow", "other")],
        [("flow", "other"), ("flow", "greet")],
    ],
)
def test_the_flow_is_found_in_the_query(query: list[tuple[str, str]]) -> None:
    assert request_of(query, "id") == CallRequest("id", "greet")


def test_other_parameters_become_metadata_but_no_credential_does() -> None:
    request = request_of([("flow", "greet"), ("device_id", "d1"), ("token", "t"), ("api_key", "k")], "id")
    assert request.metadata == {"device_id": "d1"}


def test_metadata_is_bounded() -> None:
    query = [(f"{number}{'k' * 500}", "v" * 500) for number in range(100)]
    metadata = request_of(query, "id").metadata
    assert len(metadata) == 32
    assert {len(key) for key in metadata} == {len(value) for value in metadata.values()} == {256}


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InputError) as refusal:
        request_of([("mode", "control")], "id")
    assert refusal.value.code == "session.unsupported_mode"


@pytest.mark.parametrize("name", ["agent", "agent_id"])
def test_an_agent_is_named_instead_of_a_flow_and_gets_the_rest_for_its_placeholders(name: str) -> None:
    request = request_of([(name, "a-1"), ("caller", "Ada"), ("token", "secret")], "c", "ada")
    assert (request.agent_id, request.flow, dict(request.context)) == ("a-1", None, {"caller": "Ada"})
