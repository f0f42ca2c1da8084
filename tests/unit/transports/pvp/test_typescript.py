"""The client's types are the server's."""

from typing import get_args

from transports.pvp.codec import CLIENT_TYPES, SERVER_TYPES
from transports.pvp.messages import Audio, ClientMessage, ServerMessage
from transports.pvp.typescript import FILE, typescript


def test_the_file_of_the_sdk_is_what_would_be_written_now() -> None:
    assert FILE.read_text() == typescript(), "run `python -m transports.pvp.typescript`"


def test_every_message_is_in_it() -> None:
    assert {*CLIENT_TYPES.values(), Audio} == set(get_args(ClientMessage))
    assert {*SERVER_TYPES.values(), Audio} == set(get_args(ServerMessage))
