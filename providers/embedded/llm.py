"""The small local language model, served by llama.cpp inside this process."""

import secrets
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from flows.actions import ToolSpec
from kit.errors import ConfigError
from kit.ids import uuid7
from pipeline.capabilities import LlmCapabilities
from pipeline.ports import LlmOptions, LlmUsage, Message, ToolCall
from providers.embedded.spoken_json import answer_schema, said_so_far, tool_wanted, with_tools
from providers.openai.chat import ChatClient, Deadlines
from providers.openai.llm import request_body

# a cold prompt of 300 tokens takes 5 s on one core
_DEADLINES = Deadlines(first_s=20.0, total_s=40.0)
_MAX_TOKENS = 96
_CONTEXT_TOKENS = 3072


class EmbeddedLlm:
    """Qwen2.5 on llama.cpp's own server, on a loopback port that only this process has the key to."""

    provider = "embedded"
    capabilities = LlmCapabilities(json_schema=True, context_tokens=_CONTEXT_TOKENS)

    def __init__(self, path: Path, *, threads: int = 1, calls: int = 2) -> None:
        """Load the model; blocks for a second or two, so call it in a thread.

        Args:
            path: A GGUF file, see `gguf.installed`.
            threads: Cores it may take; the audio path needs one for itself.
            calls: How many conversations keep their prompt warm.

        Raises:
            ConfigError: The engine is not installed, or the file is not a model.
        """
        self.model = path.stem
        key = secrets.token_urlsafe(16)
        self._server = _serve(path, key, threads, calls)
        self._chat = ChatClient(
            base_url=f"{self._server.listening_address}/v1",
            api_key=key,
            model=self.model,
            provider="embedded-llm",
            deadlines=_DEADLINES,
        )

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Yield text as it comes; with tools offered, a grammar holds the answer, and a tool call comes last.

        Raises:
            ProviderError: The model failed; nothing more comes.
        """
        answer, yielded = "", 0
        usage: LlmUsage | None = None
        deltas = self._chat.deltas(_body(messages, tools, options))
        try:
            async for delta in deltas:
                if isinstance(delta, LlmUsage):
                    usage = delta
                    continue
                answer += delta.content or ""
                said = said_so_far(answer) if tools else answer
                if len(said) > yielded:
                    yield said[yielded:]
                    yielded = len(said)
        finally:
            await deltas.aclose()
        call = tool_wanted(answer, f"call_{uuid7()}") if tools else None
        if call is not None:
            yield call
        if usage is not None:
            yield usage

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Let the model read a prompt, so that the next answer to it begins at once.

        Raises:
            ProviderError: The model failed.
        """
        deltas = self._chat.deltas(_body(messages, tools, LlmOptions(max_tokens=1)))
        async for _ in deltas:
            pass

    async def warm(self) -> None:
        """Do nothing: it is loaded."""

    async def aclose(self) -> None:
        """Stop the server and free the model."""
        await self._chat.aclose()
        del self._server


def _body(messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions) -> dict[str, Any]:
    body = request_body(with_tools(messages, tools), options)
    body.setdefault("max_tokens", _MAX_TOKENS)
    body.setdefault("temperature", 0.0)
    body["extra_body"] = {"cache_prompt": True}
    if options.json_schema is not None and not tools:
        schema = {"name": "answer", "schema": dict(options.json_schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if tools:
        schema = {"name": "answer", "schema": answer_schema(tools), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _serve(path: Path, key: str, threads: int, calls: int) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise ConfigError("the local model needs its engine; run: make llm", code="config.llm") from error
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; run: make llm", code="config.llm")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(path)
    settings.n_ctx = _CONTEXT_TOKENS * calls
    settings.n_parallel = calls
    settings.cpuparams.n_threads = threads
    settings.cpuparams_batch.n_threads = threads
    settings.n_batch = 512
    settings.n_ubatch = 256
    settings.verbosity = -1
    settings.use_jinja = True
    settings.warmup = True
    settings.api_keys = [key]
    settings.offline = True
    try:
        return xllamacpp.Server(settings)
    except (RuntimeError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be loaded: {error}; delete it and run: make llm", code="config.llm"
        ) from error
