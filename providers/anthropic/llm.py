"""Claude, streamed."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

from flows.actions import ToolSpec
from kit.errors import ProviderError
from pipeline.capabilities import LlmCapabilities
from pipeline.ports import LlmOptions, LlmUsage, Message, ToolCall
from providers.anthropic.messages import request_of
from providers.openai.sdk import refused
from providers.openai.tolerant import parse_arguments
from providers.warmth import KEPT_S, Warmth

BASE_URL = "https://api.anthropic.com"
_PROVIDER = "anthropic"
_FIRST_LIMIT_S = 10.0
_NEXT_LIMIT_S = 10.0
_END_LIMIT_S = 0.05


class AnthropicLlm:
    """Streams text and tool calls from one model."""

    provider = _PROVIDER
    capabilities = LlmCapabilities(context_tokens=200_000)

    def __init__(self, *, api_key: str, model: str, base_url: str = BASE_URL) -> None:
        """Connect to nothing yet."""
        import anthropic  # two seconds of import that only those pay who use it
        import httpx2

        self.model = model
        self._errors = anthropic
        self._transport_error = httpx2.HTTPError  # which the SDK lets through in mid-stream
        self._http = anthropic.DefaultAsyncHttpxClient(
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=KEPT_S)
        )
        self._client = anthropic.AsyncAnthropic(
            api_key=api_key, base_url=base_url, max_retries=0, http_client=self._http
        )
        self._warmth = Warmth(lambda: self._http.head(base_url), httpx2.HTTPError)

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Yield text as it comes, each tool call once its block ends, the cost last.

        Raises:
            ProviderError: The model failed; nothing more comes.
        """
        answer = _Answer()
        async with contextlib.AsyncExitStack() as closing:
            closing.enter_context(self._warmth.used())
            with self._translated():
                async with asyncio.timeout(_FIRST_LIMIT_S):
                    events: Any = await self._client.messages.create(
                        model=self.model, stream=True, **request_of(messages, tools, options)
                    )
            closing.push_async_callback(events.response.aclose)
            while not answer.finished:
                with self._translated():
                    async with asyncio.timeout(_NEXT_LIMIT_S):
                        event = await anext(events, None)
                if event is None:
                    break
                for item in answer.take(event):
                    yield item
            with contextlib.suppress(ProviderError), self._translated():
                async with asyncio.timeout(_END_LIMIT_S):  # read to its end, the connection can be used again
                    await anext(events, None)
        if not answer.finished:
            raise ProviderError(_PROVIDER, "the answer was cut off", retryable=True)
        yield answer.usage

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Do nothing: reading a prompt beforehand would be paid for."""

    async def warm(self) -> None:
        """Open a connection."""
        await self._warmth.warm()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise ProviderError(_PROVIDER, "took too long", retryable=True, code="provider.timeout") from error
        except self._errors.APIStatusError as error:
            raise refused(_PROVIDER, error.status_code, error.response.headers) from None
        except (self._errors.AnthropicError, self._transport_error) as error:
            raise ProviderError(_PROVIDER, f"failed: {type(error).__name__}", retryable=True) from error
        except ValueError as error:
            raise ProviderError(_PROVIDER, "sent what is not its protocol", retryable=True) from error


class _Answer:
    """Puts an answer together from its events."""

    def __init__(self) -> None:
        self.finished = False
        self._tokens_in = self._tokens_out = 0
        self._call: tuple[str, str] | None = None
        self._arguments = ""

    @property
    def usage(self) -> LlmUsage:
        return LlmUsage(self._tokens_in, self._tokens_out)

    def take(self, event: Any) -> Iterator[str | ToolCall]:
        match event.type:
            case "message_start":
                usage = event.message.usage
                cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
                self._tokens_in = usage.input_tokens + cached
            case "content_block_start" if event.content_block.type == "tool_use":
                self._call, self._arguments = (event.content_block.id, event.content_block.name), ""
            case "content_block_delta" if event.delta.type == "text_delta":
                yield event.delta.text
            case "content_block_delta" if event.delta.type == "input_json_delta":
                self._arguments += event.delta.partial_json
            case "content_block_stop" if self._call is not None:
                (call_id, name), self._call = self._call, None
                yield ToolCall(call_id, name, parse_arguments(self._arguments or "{}"))
            case "message_delta":
                self._tokens_out = event.usage.output_tokens
            case "message_stop":
                self.finished = True
