"""What the operator's settings say about providers."""

import importlib.util
from pathlib import Path

from kit.errors import ConfigError
from providers.embedded.gguf import installed
from server.provider_choice import Access, Choice, parse_picks
from server.settings import Settings
from server.vendors import NAMES

_CODE = "config.provider"
_OTHERS = NAMES - {
    "embedded",
    "local",
    "pipecat",
    "deepgram",
    "openai",
    "anthropic",
    "compatible",
}  # with settings of their own


def server_choice(settings: Settings) -> Choice:
    """Return the lowest layer of every call's choice.

    Raises:
        ConfigError: A setting names what is not there.
    """
    access = {
        "deepgram": Access(settings.deepgram_api_key, settings.deepgram_base_url),
        "openai": Access(settings.openai_api_key, settings.openai_base_url),
        "anthropic": Access(settings.anthropic_api_key, settings.anthropic_base_url),
        "compatible": Access(settings.llm_api_key, settings.llm_base_url),
    }
    for name in {*settings.provider_keys, *settings.provider_base_urls}:
        if name not in _OTHERS:
            known = ", ".join(sorted(_OTHERS))
            raise ConfigError(f"PROVIDER_KEYS, PROVIDER_BASE_URLS: no {name!r}; there are {known}", code=_CODE)
        access[name] = Access(settings.provider_keys.get(name), settings.provider_base_urls.get(name))
    for vendor in {*settings.pipecat_keys, *settings.pipecat_base_urls}:
        key, address = settings.pipecat_keys.get(vendor), settings.pipecat_base_urls.get(vendor)
        access[f"pipecat.{vendor}"] = Access(key, address)
    return Choice(
        parse_picks("stt", settings.stt),
        parse_picks("tts", settings.tts),
        parse_picks("llm", settings.llm or _usual_llm(settings)),
        settings.language,
        access,
    )


def local_llm_path(settings: Settings) -> Path | None:
    """Return the model that `make llm` fetched, where it can be run."""
    path = installed(settings.data_dir / "models") if settings.local_llm else None
    return path if path is not None and importlib.util.find_spec("xllamacpp") is not None else None


def _usual_llm(settings: Settings) -> str:
    """Choose the language model: the one at `LLM_BASE_URL`, else the one that `make llm` fetched, else none."""
    if settings.llm_base_url:
        return f"compatible:{settings.llm_model or 'default'}"
    return "local" if local_llm_path(settings) else ""
