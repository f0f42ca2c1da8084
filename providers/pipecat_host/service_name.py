"""What an operator writes to pick a pipecat service. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from kit.errors import ConfigError

_PATH = re.compile(r"pipecat\.services\.([a-z0-9_]+)(?:\.[a-z0-9_]+)*\.[A-Z]\w*")
ADDRESSES = ("base_url", "url", "endpoint", "server_url", "api_base", "host", "api_endpoint_base_url")
_SECRET = re.compile(r"key|token|secret|password|credential", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServiceName:
    """A class of pipecat's and how it is set up.

    Attributes:
        path: Such as `pipecat.services.cartesia.tts.CartesiaTTSService`.
        vendor: The folder below `pipecat.services`; keys and addresses go by it.
        settings: Arguments of the class and fields of its `Settings`.
    """

    path: str
    vendor: str
    settings: Mapping[str, Any]


def parse_service_name(text: str) -> ServiceName:
    """Read `CLASS_PATH?voice=…&model=…&speed=1.1`; numbers and `true` are read as such.

    Raises:
        ConfigError: `config.provider`: not a class of pipecat's services, or a key in a place that is shown.
    """
    path, _, query = text.partition("?")
    settings = {name: _value(value) for name, value in parse_qsl(query, keep_blank_values=True)}
    if any(_SECRET.search(name) for name in settings):
        raise ConfigError(f"{path}: keys belong in PIPECAT_KEYS, not in the pick", code="config.provider_key")
    if not settings.keys().isdisjoint(ADDRESSES):
        raise ConfigError(f"{path}: addresses belong in PIPECAT_BASE_URLS, not in the pick", code="config.provider")
    return service_name(path, settings)


def service_name(path: str, settings: Mapping[str, Any]) -> ServiceName:
    """Return the name of a class that is set up so.

    Raises:
        ConfigError: `config.provider`: not a class of pipecat's services.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        example = "pipecat.services.cartesia.tts.CartesiaTTSService"
        raise ConfigError(f"{path!r} is no service of pipecat; write a path such as {example}", code="config.provider")
    return ServiceName(path, found[1], settings)


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text
