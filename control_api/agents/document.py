"""What clients write, brought to one form, and laid over what is there. Pure.

Null takes a field back to its default; objects are merged, lists are replaced.
"""

import re
from collections.abc import Mapping
from typing import Any

_SECTIONS = {"model_config": "agent_model_config"}
_ALIASES: Mapping[str, Mapping[str, str]] = {
    "agent": {"welcome_message": "first_response_message", "workflow_id": "flow_id"},
    "agent_model_config": {"model_provider_id": "model_name"},
    "tts_config": {"tts_provider_id": "tts_model_name"},
    "transcriber_config": {"provider_id": "transcriber_model_name"},
    "agent_specific_config": {"auto_terminate": "auto_terminate_call"},
}
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def canonical(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wish with the names that we keep; a name of ours counts before its alias."""
    known: dict[str, Any] = {}
    for key, value in sorted(wish.items(), key=lambda item: item[0] not in _SECTIONS):
        known[_SECTIONS.get(key, key)] = value
    return {name: _section(name, value) if isinstance(value, Mapping) else value for name, value in known.items()}


def merged(below: Mapping[str, Any], wish: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a wish over what is there."""
    result = dict(below)
    for key, value in wish.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key, {}), Mapping):
            result[key] = merged(result.get(key, {}), value)
        else:
            result[key] = value
    return result


def _section(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    plain = dict(values)
    if name == "agent_specific_config":
        plain = {_CAMEL.sub(lambda hit: "_" + hit[1].lower(), key): value for key, value in values.items()}
        if plain.get("background_noise_id") == "":
            plain["background_noise_id"] = None
    for alias, ours in _ALIASES.get(name, {}).items():
        if alias in plain:
            given = plain.pop(alias)
            plain.setdefault(ours, given)
    language = plain.get("language")
    if isinstance(language, list) and len(language) == 1:
        plain["language"] = language[0]
    if name == "tts_config" and isinstance(plain.get("voice_parameters"), Mapping):
        parameters = dict(plain["voice_parameters"])
        if "language" in parameters:
            spoken = parameters.pop("language")
            plain.setdefault("language", spoken)
        plain["voice_parameters"] = parameters
    return plain
