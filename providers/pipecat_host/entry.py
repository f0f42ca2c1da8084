"""Makes a hosted provider of what was picked; pipecat is imported only here and only then."""

import importlib
from typing import Any

from kit.errors import ConfigError
from pipeline.usage import Kind
from providers.pipecat_host.service_name import ServiceName, parse_service_name

_PROVIDERS = {"stt": "HostedStt", "llm": "HostedLlm", "tts": "HostedTts"}


def hosted(kind: Kind, picked: str, key: str | None, address: str | None) -> Any:
    """Return the provider of `CLASS_PATH?setting=value`; blocks for two seconds the first time.

    Args:
        kind: What the class must be.
        picked: See `parse_service_name`.
        key: The vendor's.
        address: Where the vendor is; None for where the class says.

    Raises:
        ConfigError: Packages are missing, there is no such class, or it does not take what is given.
    """
    return service(kind, parse_service_name(picked), key, address)


def service(kind: Kind, name: ServiceName, key: str | None, address: str | None) -> Any:
    """Return the provider of a class; see `hosted`."""
    try:
        module = importlib.import_module(f"providers.pipecat_host.{kind}")
    except ImportError as error:
        raise ConfigError(
            f"pipecat's services need {error.name}, which is not here; install antiphon[pipecat]",
            code="config.provider",
        ) from error
    return getattr(module, _PROVIDERS[kind])(name, key, address)
