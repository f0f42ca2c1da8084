"""What the operator says of WebRTC's helpers."""

from typing import Any

import pytest

from kit.clock import Clock
from kit.errors import ConfigError
from server.rtc import build_ice, turn_provider
from server.settings import Settings
from tests.support.virtual_time import run


def _settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]  # pydantic-settings' own argument


def test_servers_are_made_of_single_settings() -> None:
    settings = _settings(
        stun_server="stun:s.example", turn_server="turn:t.example", turn_username="u", turn_password="p"
    )
    assert list(run(build_ice(settings, Clock()).current()).servers) == [
        {"urls": "stun:s.example"},
        {"urls": "turn:t.example", "username": "u", "credential": "p"},
    ]
    assert turn_provider(settings) == "static"


def test_a_list_wins_over_single_settings() -> None:
    settings = _settings(stun_server="stun:s.example", ice_servers_json='[{"urls": ["stun:x", "stun:y"]}]')
    assert list(run(build_ice(settings, Clock()).current()).servers) == [{"urls": ["stun:x", "stun:y"]}]
    assert turn_provider(settings) is None


@pytest.mark.parametrize("text", ["{", '{"urls": "stun:x"}', '["stun:x"]', '[{"url": "stun:x"}]'])
def test_a_list_that_is_none_is_the_operators_mistake(text: str) -> None:
    with pytest.raises(ConfigError, match="ICE_SERVERS_JSON"):
        build_ice(_settings(ice_servers_json=text), Clock())


def test_a_service_that_makes_credentials_is_named() -> None:
    settings = _settings(turn_key_id="k", turn_api_token="t")
    assert turn_provider(settings) == "cloudflare"
    assert build_ice(settings, Clock()).are_secret
