"""A language model that is another one where a flow asks for it: `openai:MODEL` in a state's `llm`."""

from collections.abc import AsyncGenerator, Mapping, Sequence

from flows.actions import ToolSpec
from pipeline.ports import LanguageModel, LlmOptions, LlmUsage, Message, ToolCall


class ModelsByName:
    """Answers with the call's own model, or with the one that is asked for."""

    def __init__(self, own: LanguageModel, named: Mapping[str, LanguageModel]) -> None:
        """Take the call's own, which gives the name and the capabilities, and the others as the flow names them."""
        self._own, self._named = own, named
        self.provider, self.model, self.capabilities = own.provider, own.model, own.capabilities

    def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Let the one that is asked for answer; see `pipeline.ports.LanguageModel`."""
        return self._named.get(options.model or "", self._own).stream(messages, tools, options)

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Warm the prompt of the call's own."""
        await self._own.prefill(messages, tools)

    async def warm(self) -> None:
        """Warm all."""
        for llm in (self._own, *self._named.values()):
            await llm.warm()

    async def aclose(self) -> None:
        """Do nothing: the models belong to the process, not to the call."""
