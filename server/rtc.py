"""What the operator decided about WebRTC."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kit.clock import Clock
from kit.errors import ConfigError
from server.settings import Settings
from transports.webrtc.ice import CLOUDFLARE, IceServers, TurnKey
from transports.webrtc.peers import RtcPeers

SPARE_PEERS = 32  # that connect, or only carry the sound of a call that is counted elsewhere


def build_peers(settings: Settings, clock: Clock) -> RtcPeers:
    """Return where peer connections are made; this server asks the same STUN servers for its own address."""
    urls = [url for server in _fixed(settings) for url in _urls(server) if url.startswith("stun:")]
    return RtcPeers(clock, settings.max_calls + SPARE_PEERS, urls)


def build_ice(settings: Settings, clock: Clock) -> IceServers:
    """Return which helpers clients are told of.

    Raises:
        ConfigError: ICE_SERVERS_JSON is no list of servers.
    """
    key = None
    if settings.turn_key_id is not None and settings.turn_api_token is not None:
        url = (settings.turn_api_url or CLOUDFLARE).rstrip("/")
        token = settings.turn_api_token.get_secret_value()
        key = TurnKey(settings.turn_key_id, token, settings.turn_ttl_seconds, url)
    return IceServers(_fixed(settings), clock, key)


def turn_provider(settings: Settings) -> str | None:
    """Name who relays."""
    if settings.turn_key_id is not None:
        return "cloudflare"
    has_relay = any(url.startswith("turn") for server in _fixed(settings) for url in _urls(server))
    return "static" if has_relay else None


def _fixed(settings: Settings) -> Sequence[Mapping[str, Any]]:
    if settings.ice_servers_json is not None:
        try:
            servers = json.loads(settings.ice_servers_json.get_secret_value())
        except ValueError as error:
            raise ConfigError("ICE_SERVERS_JSON: not JSON") from error
        if not isinstance(servers, list) or not all(isinstance(each, dict) and "urls" in each for each in servers):
            raise ConfigError("ICE_SERVERS_JSON: must be a list of objects with `urls`")
        return servers
    servers = []
    if settings.stun_server is not None:
        servers.append({"urls": settings.stun_server})
    if settings.turn_server is not None:
        password = settings.turn_password.get_secret_value() if settings.turn_password else None
        secrets = {"username": settings.turn_username, "credential": password}
        servers.append({"urls": settings.turn_server} | {key: value for key, value in secrets.items() if value})
    return servers


def _urls(server: Mapping[str, Any]) -> list[str]:
    urls = server["urls"]
    return [urls] if isinstance(urls, str) else [str(url) for url in urls]
