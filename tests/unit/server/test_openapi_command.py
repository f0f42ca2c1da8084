import json

from click.testing import CliRunner

from server.openapi_command import openapi

METHODS = {"get", "put", "post", "patch", "delete"}


def test_the_document_is_printed_and_every_route_says_what_it_is_for_and_what_it_answers() -> None:
    printed = CliRunner().invoke(openapi)
    assert printed.exit_code == 0
    document = json.loads(printed.output)
    routes = {
        f"{method.upper()} {path}": route
        for path, item in document["paths"].items()
        for method, route in item.items()
        if method in METHODS
    }
    assert {"POST /v1/flows", "POST /auth/signup", "POST /v1/sessions", "GET /v1/credits/balance"} <= routes.keys()
    assert [name for name, route in routes.items() if not route.get("description")] == []
    told = "#/components/schemas/HTTPValidationError"
    assert [name for name, route in routes.items() if told in json.dumps(route["responses"])] == []


def test_bodies_that_people_write_by_hand_have_examples() -> None:
    schemas = json.loads(CliRunner().invoke(openapi).output)["components"]["schemas"]
    assert all(schemas[name]["examples"] for name in ("SignUp", "LogIn", "ProviderChange"))
