"""A language model that says what its script says."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from flows.actions import ToolSpec
from pipeline.capabilities import LlmCapabilities
from pipeline.ports import LlmOptions, LlmUsage, Message, ToolCall
from providers.fake.pace import INSTANT, Pace


@dataclass(frozen=True, slots=True)
class Request:
    """What the model was asked."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    options: LlmOptions


class FakeLlm:
    """Answers each request with the next entry of `script` (pieces of text, tool calls, a cost); the last one repeats.

    Attributes:
        requests: All that was asked.
        prefills: Prompts that were to be warmed.
        cancelled: Answers closed before their end.
    """

    provider = "fake"
    model = "script"
    capabilities = LlmCapabilities()

    def __init__(self, script: Sequence[Sequence[str | ToolCall | LlmUsage]], *, pace: Pace = INSTANT) -> None:
        """Take the answers and how fast their pieces come."""
        assert script, "a model that is asked must have an answer"
        self.requests: list[Request] = []
        self.prefills: list[tuple[Message, ...]] = []
        self.cancelled = 0
        self._script = script
        self._pace = pace

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Yield the next answer piece by piece."""
        pieces = self._script[min(len(self.requests), len(self._script) - 1)]
        self.requests.append(Request(tuple(messages), tuple(tools), options))
        whole = False
        try:
            for index, piece in enumerate(pieces):
                await self._pace.before(index)
                yield piece
            whole = True
        finally:
            self.cancelled += not whole

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Note the prompt."""
        self.prefills.append(tuple(messages))

    async def warm(self) -> None:
        """Need no warming."""

    async def aclose(self) -> None:
        """Hold nothing."""
