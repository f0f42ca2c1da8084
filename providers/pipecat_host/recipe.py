"""How a service of pipecat is made: its class found, its settings sorted, its own ways of waiting tamed."""

import asyncio
import contextlib
import dataclasses
import importlib
import inspect
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp

from kit.errors import ConfigError
from providers.pipecat_host import library
from providers.pipecat_host.host import Host
from providers.pipecat_host.service_name import ADDRESSES, ServiceName

_FIXED_RATE = re.compile(r"(?!.*(DEFAULT|FALLBACK))[A-Z]\w*SAMPLE_RATE")
_CLOSE_LIMIT_S = 0.02
_USUAL_RATES_HZ = (24_000, 16_000, 8000)


class Recipe:
    """Makes services of one class with one key; each is used by one request or one call at a time.

    Attributes:
        provider: As in errors and usage.
        model: As the vendor calls it, else the class's name.
    """

    def __init__(self, name: ServiceName, base: type[Any], key: str | None, address: str | None) -> None:
        """Find the class and check what it is given.

        Args:
            name: The class and its settings.
            base: What it must be: `library.STTService`, `LLMService` or `TTSService`.
            key: The vendor's.
            address: Where the vendor is, as the class wants it; None for its own.

        Raises:
            ConfigError: There is no such class, or it does not take what is given.
        """
        self.service_class = _found(name, base)
        self.provider = f"pipecat.{name.vendor}"
        self._arguments, self._address_name = _arguments(self.service_class)
        settings_class = getattr(self.service_class, "Settings", None)
        self._fields = {each.name for each in dataclasses.fields(settings_class)} if settings_class else set()
        self._given = dict(name.settings)
        self._access = self._checked_access(key, address)
        self._check_names()
        probe = self._make({}, None)
        self.model = str(getattr(probe.settings, "model", None) or self.service_class.__name__)
        self.voice = str(getattr(probe.settings, "voice", None) or "")
        self.times_words = isinstance(probe, library.TTSService) and not probe._push_text_frames

    async def host(self, more: Mapping[str, Any], **rates_hz: int) -> Host:
        """Return a service with some more settings, hosted but not started yet.

        It is made in a thread: an SDK may spend 30 ms on a client, most of it on reading certificates.

        Raises:
            ConfigError: It refuses its settings.
        """
        session = aiohttp.ClientSession() if "aiohttp_session" in self._arguments else None
        try:
            service = await asyncio.to_thread(self._make, more, session)
        except (ConfigError, asyncio.CancelledError):
            if session is not None:
                await session.close()
            raise
        return Host(service, self.provider, session=session, **rates_hz)

    def _make(self, more: Mapping[str, Any], session: aiohttp.ClientSession | None) -> Any:
        given = {**self._given, **{name: value for name, value in more.items() if value not in (None, "")}}
        fields = {name: value for name, value in given.items() if name in self._fields}
        arguments = {name: value for name, value in given.items() if name not in self._fields}
        if "aiohttp_session" in self._arguments:
            arguments["aiohttp_session"] = session
        if fields:
            arguments["settings"] = self.service_class.Settings(**fields)
        try:
            service = self.service_class(**self._access, **arguments)
        except (TypeError, ValueError, ImportError) as error:
            raise ConfigError(
                f"{self.provider}: {self.service_class.__name__} cannot be set up so ({type(error).__name__})",
                code="config.provider",
            ) from None  # whose text may hold the key
        _tame(service)
        return service

    def settings(self, **fields: Any) -> Any:
        """Return a change of settings, for a frame."""
        return self.service_class.Settings(**fields)

    def takes(self, field: str) -> bool:
        """Whether there is such a setting."""
        return field in self._fields

    @property
    def rates_hz(self) -> tuple[int, ...]:
        """What a voice can be asked for: most take any rate, some say that they have only one."""
        if "sample_rate" in self._given:
            return (int(self._given["sample_rate"]),)
        named = {**vars(sys.modules[self.service_class.__module__]), **vars(self.service_class)}
        fixed = [value for name, value in named.items() if _FIXED_RATE.fullmatch(name) and isinstance(value, int)]
        return (fixed[0],) if fixed else _USUAL_RATES_HZ

    def _checked_access(self, key: str | None, address: str | None) -> dict[str, str]:
        access: dict[str, str] = {}
        if "api_key" in self._arguments:
            if not key:
                vendor = self.provider.removeprefix("pipecat.")
                raise ConfigError(
                    f'{self.provider} needs a key; set PIPECAT_KEYS={{"{vendor}": "…"}}', code="config.provider_key"
                )
            access["api_key"] = key
        if address:
            if self._address_name is None:
                raise ConfigError(f"{self.provider}: its address cannot be set", code="config.provider")
            access[self._address_name] = address
        return access

    def _check_names(self) -> None:
        known = self._fields | self._arguments
        unknown = sorted(set(self._given) - known)
        if unknown:
            raise ConfigError(
                f"{self.provider}: {self.service_class.__name__} knows no {', '.join(unknown)}; "
                f"it has {', '.join(sorted(known - {'aiohttp_session', 'api_key', 'settings', *ADDRESSES}))}",
                code="config.provider",
            )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Leave out what packages say of packages that they import."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _found(name: ServiceName, base: type[Any]) -> type[Any]:
    module_path, _, class_name = name.path.rpartition(".")
    try:
        with quiet():
            found = getattr(importlib.import_module(module_path), class_name, None)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("pipecat."):
            raise _unknown(name) from None
        raise _lacking(name, error) from None
    except ImportError as error:
        raise _lacking(name, error) from None
    if found is None:
        raise _unknown(name)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ConfigError(f"{name.path} is no {base.__name__}", code="config.provider")
    return found


def _unknown(name: ServiceName) -> ConfigError:
    return ConfigError(f"pipecat {library.VERSION} has no {name.path}", code="config.provider")


def _lacking(name: ServiceName, error: ImportError) -> ConfigError:
    missing = str(error).rpartition("No module named ")[2] or str(error)
    return ConfigError(
        f"{name.path} needs the package of {missing}: install what pipecat-ai[{name.vendor}] names, without pipecat-ai",
        code="config.provider",
    )


def _arguments(service_class: type[Any]) -> tuple[frozenset[str], str | None]:
    """Return what the constructor takes, with what it passes on to those above it, and which of it is the address."""
    names: set[str] = set()
    address = None
    for each in service_class.__mro__:
        if "__init__" not in vars(each):
            continue
        parameters = inspect.signature(vars(each)["__init__"]).parameters.values()
        own = {each.name for each in parameters if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)}
        address = address or next((name for name in ADDRESSES if name in own), None)
        names |= own
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return frozenset(names - {"self"}), address


def _tame(service: Any) -> None:
    """Let it fail at once: who tries again, and where, is decided once, in `providers.resilience`."""
    client: Any = getattr(service, "_client", None)
    if hasattr(client, "max_retries"):
        client.max_retries = 0
    if isinstance(service, library.WebsocketService):
        service._reconnect_on_error = False
        service._ws_close_timeout = _CLOSE_LIMIT_S
    if type(service).__module__.startswith("pipecat.services.deepgram."):
        from deepgram.transport import install_transport

        from providers.deepgram.transport import Transport

        with quiet():
            install_transport(async_factory=Transport)  # the SDK's own lets go of a deaf socket after 30 s
