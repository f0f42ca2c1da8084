"""Any language model of pipecat's."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any

import openai

from flows.actions import ToolSpec
from kit.errors import ProviderError
from kit.ids import uuid7
from pipeline.capabilities import LlmCapabilities
from pipeline.ports import LlmOptions, LlmUsage, Message, ToolCall
from providers.pipecat_host import library
from providers.pipecat_host.context import context_of, instruction_of, limits_of
from providers.pipecat_host.host import Host
from providers.pipecat_host.inbox import Inbox
from providers.pipecat_host.pool import HostPool
from providers.pipecat_host.recipe import Recipe
from providers.pipecat_host.service_name import ServiceName
from providers.warmth import Warmth

_FIRST_LIMIT_S = 10.0
_NEXT_LIMIT_S = 10.0
_CONNECT_LIMIT_S = 3.0


class HostedLlm:
    """Streams text and tool calls; tools are never run by the service."""

    def __init__(self, name: ServiceName, key: str | None, address: str | None) -> None:
        """Connect to nothing yet; see `Recipe`."""
        self._recipe = recipe = Recipe(name, library.LLMService, key, address)
        self.provider, self.model = recipe.provider, recipe.model
        self._of_openai = issubclass(recipe.service_class, library.BaseOpenAILLMService)
        self.capabilities = LlmCapabilities(json_schema=self._of_openai)
        self._pool = HostPool(self._host)
        self._warmth = Warmth(self._connect, ProviderError, openai.OpenAIError)

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Yield an answer; see `pipeline.ports.LanguageModel`."""
        async with self._pool.lend(self._manner(options)) as host:
            inbox = Inbox(self.provider, _FIRST_LIMIT_S, _NEXT_LIMIT_S)

            async def wished(calls: Sequence[Any]) -> None:
                for call in calls:
                    inbox.put(ToolCall(call.tool_call_id or f"call_{uuid7()}", call.function_name, call.arguments))

            host.service.run_function_calls = wished
            host.listen(inbox.put)
            host.busy = True
            instruction = self._recipe.settings(system_instruction=instruction_of(messages))
            await host.send(library.LLMUpdateSettingsFrame(delta=instruction))
            await host.send(library.LLMContextFrame(context_of(messages, tools)))
            usage: LlmUsage | None = None
            while not isinstance(frame := await inbox.get(), library.LLMFullResponseEndFrame):
                if isinstance(frame, library.MetricsFrame):
                    usage = _usage(frame) or usage
                elif isinstance(frame, library.LLMTextFrame | ToolCall):
                    inbox.went_on()
                    yield frame if isinstance(frame, ToolCall) else frame.text
            host.busy = False
            if usage is not None:
                yield usage

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Do nothing: a remote server caches prompts by itself."""

    async def warm(self) -> None:
        """Make a service, and connect it where it is OpenAI's SDK that connects; others do with their first request."""
        await self._warmth.warm()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def _connect(self) -> None:
        async with self._pool.lend(self._manner(LlmOptions())) as host:
            if self._of_openai:
                async with asyncio.timeout(_CONNECT_LIMIT_S):
                    await host.service._client.models.list()

    def _manner(self, options: LlmOptions) -> str:
        """Return the settings of an answer, comparable."""
        if not self._of_openai:
            options = replace(options, stop=(), json_schema=None)
        return json.dumps(limits_of(options), sort_keys=True)

    async def _host(self, manner: str) -> Host:
        return await self._recipe.host(json.loads(manner))


def _usage(frame: Any) -> LlmUsage | None:
    counts = [each.value for each in frame.data if isinstance(each, library.LLMUsageMetricsData)]
    return LlmUsage(counts[-1].prompt_tokens, counts[-1].completion_tokens) if counts else None
