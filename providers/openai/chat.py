"""Streams one chat completion, with deadlines, errors of ours, and a connection that closes when nobody listens."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kit.errors import ProviderError
from pipeline.ports import LlmUsage
from providers.openai.sdk import OpenAiSdk

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import ChoiceDelta


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a model may take.

    Attributes:
        first_s: From the request to the first piece.
        total_s: From the request to the last.
    """

    first_s: float = 10.0
    total_s: float = 60.0


class ChatClient:
    """Requests to one model on one server."""

    def __init__(self, *, base_url: str, api_key: str, model: str, provider: str, deadlines: Deadlines) -> None:
        """Connect to nothing yet.

        Args:
            base_url: Ends in `/v1` as a rule.
            api_key: May be any text where the server wants none.
            model: The server's name for it.
            provider: Named in errors.
            deadlines: Of each request.
        """
        self._sdk = OpenAiSdk(base_url=base_url, api_key=api_key, provider=provider)
        self._model = model
        self._provider = provider
        self._deadlines = deadlines

    async def deltas(self, body: Mapping[str, Any]) -> AsyncGenerator["ChoiceDelta | LlmUsage", None]:
        """Yield what the model adds, piece by piece, and what it cost. Closing the iterator closes the connection.

        Args:
            body: The request without `model` and `stream`.

        Raises:
            ProviderError: Refused, unreachable, too slow, or cut off before its end.
        """
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        first_by_s = started_s + min(self._deadlines.first_s, self._deadlines.total_s)
        last_by_s = started_s + self._deadlines.total_s
        finished = False
        usage: LlmUsage | None = None  # some servers tell it in every chunk; the last one counts
        async with contextlib.AsyncExitStack() as closing:
            closing.enter_context(self._sdk.used())
            with self._sdk.translated():
                async with asyncio.timeout_at(first_by_s):
                    chunks = await self._request(body)
                    closing.push_async_callback(chunks.response.aclose)
                    chunk = await anext(chunks, None)
            while chunk is not None:
                for choice in chunk.choices[:1]:
                    finished = finished or choice.finish_reason is not None
                    yield choice.delta
                if chunk.usage is not None:
                    usage = LlmUsage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                chunk = await self._next(chunks, last_by_s)
        if not finished:
            raise ProviderError(self._provider, "the answer was cut off", retryable=True)
        if usage is not None:
            yield usage

    async def warm(self) -> None:
        """Open a connection."""
        await self._sdk.warm()

    async def aclose(self) -> None:
        """Close idle connections."""
        await self._sdk.aclose()

    async def _request(self, body: Mapping[str, Any]) -> Any:
        """Send the request; once more at once if the server closed a kept connection just as it was used again."""
        whole = {"model": self._model, "stream": True, "stream_options": {"include_usage": True}, **body}
        try:
            return await self._sdk.client.chat.completions.create(**whole)
        except self._sdk.errors.APITimeoutError:
            raise
        except self._sdk.errors.APIConnectionError:
            return await self._sdk.client.chat.completions.create(**whole)

    async def _next(self, chunks: Any, by_s: float) -> "ChatCompletionChunk | None":
        with self._sdk.translated():
            async with asyncio.timeout_at(by_s):
                chunk: ChatCompletionChunk | None = await anext(chunks, None)
                return chunk
