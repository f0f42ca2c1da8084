"""Where servers that speak OpenAI's API differ in their words. Pure."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_NO_REASONING = re.compile(r"gpt-(3|4)|chatgpt")
_EFFORT_BY_MODEL = (
    (re.compile(r"\bo[134]\b|o[134]-"), "low"),  # cannot be turned off
    (re.compile(r"gpt-oss"), "low"),
    (re.compile(r"gpt-5(?!\.)"), "minimal"),
    (re.compile(r"gpt-5\.|gpt-[6-9]"), "none"),
)
_THINKING_TEMPLATES = re.compile(r"qwen-?3|glm-|deepseek-(v3\.1|r1)|hunyuan|granite", re.IGNORECASE)


def worded(body: Mapping[str, Any], base_url: str, model: str, *, reasoning: bool) -> dict[str, Any]:
    """Return a chat request in the words of the server at `base_url`, with reasoning off where that can be.

    A caller waits while a model reasons; sources are the servers' own documentations of their request fields.
    """
    host = urlsplit(base_url).hostname or ""
    port = urlsplit(base_url).port
    whole = dict(body)
    if host == "api.openai.com":
        if "max_tokens" in whole:
            whole["max_completion_tokens"] = whole.pop("max_tokens")
        if not _NO_REASONING.match(model):
            whole.pop("temperature", None)  # reasoning models refuse any but their own
    if not reasoning:
        extra = _off(host, port, model)
        if extra:
            whole["extra_body"] = {**whole.get("extra_body", {}), **extra}
    return whole


def _off(host: str, port: int | None, model: str) -> dict[str, Any]:
    name = model.rsplit("/", 1)[-1].lower()
    effort = next((effort for pattern, effort in _EFFORT_BY_MODEL if pattern.match(name)), None)
    if host.endswith("openrouter.ai"):
        return {"reasoning": {"enabled": False}}
    if host == "api.openai.com":
        return {"reasoning_effort": effort} if effort else {}
    if host == "api.groq.com" or port == 11434:  # Ollama's port
        thinks = _THINKING_TEMPLATES.search(name) is not None
        return {"reasoning_effort": effort or "none"} if effort or thinks else {}
    if _THINKING_TEMPLATES.search(name):
        return {"chat_template_kwargs": {"enable_thinking": False}}  # vLLM, SGLang
    return {"reasoning_effort": effort} if effort == "low" else {}


class ThoughtFilter:
    """Drops what a model thinks aloud between `<think>` and `</think>` at the beginning of its answer."""

    def __init__(self) -> None:
        """Wait for the beginning."""
        self._held: str | None = ""
        self._thinks = False

    def feed(self, text: str) -> str:
        """Take a piece of the answer; return what of it is to be said."""
        if self._held is None:
            return text
        self._held += text
        start = self._held.lstrip()
        if not self._thinks:
            if "<think>".startswith(start[:7]) and len(start) < 7:
                return ""
            if not start.startswith("<think>"):
                return self._done(self._held)
            self._thinks = True
        _, end, rest = self._held.partition("</think>")
        return self._done(rest.lstrip()) if end else ""

    def flush(self) -> str:
        """Return what was held back for nothing."""
        return "" if self._thinks or self._held is None else self._done(self._held)

    def _done(self, text: str) -> str:
        self._held, self._thinks = None, False
        return text
