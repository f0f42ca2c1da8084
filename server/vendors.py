"""Every vendor that can be picked, and how it is reached: one line here makes one callable, with anybody's key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.errors import ConfigError
from pipeline.usage import Kind

_SETTINGS = {
    "deepgram": "DEEPGRAM_API_KEY",
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "compatible": "LLM_API_KEY",
}
_PIPECAT = "pipecat.services."


@dataclass(frozen=True, slots=True)
class Vendor:
    """How one vendor does one kind of work.

    Attributes:
        adapter: A package of `providers`, or the path of a class of pipecat's, which is hosted.
        base_url: Where it is; None leaves that to the adapter.
        address: What a hosted class wants of a base URL: `{http}` or `{ws}`, and a path.
        model: What is asked for where none is named; empty leaves it to the adapter.
        voice: Likewise.
        wants: What has no default: `key`, `model`, `address`.
        voices_are_models: A pick's second part is a voice.
        in_process: It belongs to this process.
    """

    adapter: str
    base_url: str | None = None
    address: str = "{http}"
    model: str = ""
    voice: str = ""
    wants: frozenset[str] = frozenset({"key"})
    voices_are_models: bool = False
    in_process: bool = False

    @property
    def hosted(self) -> bool:
        """Whether a class of pipecat's serves it."""
        return self.adapter.startswith(_PIPECAT)


_IN_PROCESS = Vendor("embedded", wants=frozenset(), in_process=True)
_BY_PATH = Vendor("pipecat_host", wants=frozenset())  # whose classes say themselves what they need
_KEY_AND_MODEL = frozenset({"key", "model"})


def _like_openai(base_url: str | None) -> Vendor:
    return Vendor("openai", base_url, wants=_KEY_AND_MODEL)


# Addresses as the vendors document them for the OpenAI SDK; voices as pipecat's own examples have them.
VENDORS: Mapping[Kind, Mapping[str, Vendor]] = {
    "stt": {
        "embedded": _IN_PROCESS,
        "deepgram": Vendor("deepgram"),
        "openai": Vendor("openai"),
        "cartesia": Vendor(f"{_PIPECAT}cartesia.stt.CartesiaSTTService", address="{ws}"),
        "assembly_ai": Vendor(f"{_PIPECAT}assemblyai.stt.AssemblyAISTTService", address="{ws}/v3/ws"),
        "soniox": Vendor(f"{_PIPECAT}soniox.stt.SonioxSTTService", address="{ws}/transcribe-websocket"),
        "pipecat": _BY_PATH,
    },
    "tts": {
        "embedded": _IN_PROCESS,
        "deepgram": Vendor("deepgram", voices_are_models=True),
        "openai": Vendor("openai"),
        "cartesia": Vendor(
            f"{_PIPECAT}cartesia.tts.CartesiaTTSService",
            address="{ws}/tts/websocket",
            voice="71a7ad14-091c-4e8e-a314-022ece01c121",
        ),
        "elevenlabs": Vendor(
            f"{_PIPECAT}elevenlabs.tts.ElevenLabsTTSService", address="{ws}", voice="21m00Tcm4TlvDq8ikWAM"
        ),
        "pipecat": _BY_PATH,
    },
    "llm": {
        "local": _IN_PROCESS,
        "compatible": Vendor("openai", wants=frozenset({"model"})),
        "openai": _like_openai(None),
        "anthropic": Vendor("anthropic", wants=_KEY_AND_MODEL),
        "openrouter": _like_openai("https://openrouter.ai/api/v1"),
        "groq": _like_openai("https://api.groq.com/openai/v1"),
        "deepinfra": _like_openai("https://api.deepinfra.com/v1/openai"),
        "fireworks": _like_openai("https://api.fireworks.ai/inference/v1"),
        "google": _like_openai("https://generativelanguage.googleapis.com/v1beta/openai"),
        "azure": Vendor(f"{_PIPECAT}azure.llm.AzureLLMService", wants=frozenset({"key", "model", "address"})),
        "pipecat": _BY_PATH,
    },
}
NAMES = frozenset(name for vendors in VENDORS.values() for name in vendors)


def key_setting(vendor: str) -> str:
    """Return what an operator sets to bring the vendor's key."""
    return _SETTINGS.get(vendor) or f'PROVIDER_KEYS={{"{vendor}": "…"}}'


def make(kind: Kind, name: str, model: str, voice: str, key: str | None, base_url: str | None) -> Any:
    """Make the provider of a vendor that is not in the process; blocks for seconds when its SDK is first imported.

    Args:
        kind: Of work.
        name: In `VENDORS`.
        model: Empty for the vendor's usual one; of `pipecat`, the class and its settings.
        voice: Likewise.
        key: Whose calls these are pays with it.
        base_url: Where the vendor is, if it is not where it usually is.

    Raises:
        ConfigError: Something is missing, or cannot be had; the message says what to do.
    """
    vendor = VENDORS[kind][name]
    base_url = base_url or vendor.base_url
    if name == "pipecat":
        from providers.pipecat_host.entry import hosted

        return hosted(kind, model, key, base_url)
    if key is None and "key" in vendor.wants:
        raise ConfigError(f"{kind.upper()}: {name} needs a key; set {key_setting(name)}", code="config.provider_key")
    if not model and "model" in vendor.wants:
        raise ConfigError(f"{kind.upper()}: {name} needs a model; name one of its own", code="config.provider")
    if base_url is None and "address" in vendor.wants:
        text = f'{kind.upper()}: {name} needs its address; set PROVIDER_BASE_URLS={{"{name}": "https://…"}}'
        raise ConfigError(text, code="config.provider")
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise ConfigError(f"{name}: its address must begin with http:// or https://", code="config.provider")
    model, voice = model or vendor.model, voice or vendor.voice
    if vendor.hosted:
        return _hosted(kind, vendor, model, voice, key, base_url)
    return _native(kind, vendor, {"model": model, "voice": voice, "base_url": base_url}, key)


def _hosted(kind: Kind, vendor: Vendor, model: str, voice: str, key: str | None, base_url: str | None) -> Any:
    from providers.pipecat_host.entry import service
    from providers.pipecat_host.service_name import service_name

    settings = {name: value for name, value in (("model", model), ("voice", voice)) if value}
    return service(kind, service_name(vendor.adapter, settings), key, _address(vendor, base_url))


def _address(vendor: Vendor, base_url: str | None) -> str | None:
    if base_url is None:
        return None
    http = base_url.rstrip("/")
    return vendor.address.format(http=http, ws=http.replace("http", "ws", 1))


def _native(kind: Kind, vendor: Vendor, asked: Mapping[str, str | None], key: str | None) -> Any:
    given: dict[str, Any] = {name: value for name, value in asked.items() if value} | {"api_key": key or ""}
    match kind, vendor.adapter:
        case "stt", "deepgram":
            from providers.deepgram.stt import DeepgramStt

            return DeepgramStt(**given)
        case "tts", "deepgram":
            from providers.deepgram.tts import DeepgramTts

            voice = given.pop("model", None)
            return DeepgramTts(**given, **({"voice": voice} if voice else {}))
        case "stt", "openai":
            from providers.openai.stt import OpenAiStt

            return OpenAiStt(**given)
        case "tts", "openai":
            from providers.openai.tts import OpenAiTts

            return OpenAiTts(**given)
        case "llm", "anthropic":
            from providers.anthropic.llm import AnthropicLlm

            return AnthropicLlm(**given)
        case _:
            from providers.openai.llm import OpenAiLlm
            from providers.openai.sdk import BASE_URL

            return OpenAiLlm(**{"base_url": BASE_URL, **given})
