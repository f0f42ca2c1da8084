"""A language model that is several."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from flows.actions import ToolSpec
from kit.clock import Clock
from pipeline.incidents import IncidentLog
from pipeline.ports import LanguageModel, LlmOptions, LlmUsage, Message, ToolCall
from providers.resilience.member import Member
from providers.resilience.race import Race, followed


class ResilientLlm:
    """Speaks through the first member that answers. Once a word is said nobody else goes on with the answer."""

    def __init__(self, members: Sequence[Member[LanguageModel]], incidents: IncidentLog) -> None:
        """Take the members in order; the first one gives the name and the capabilities."""
        self._members, self._incidents = members, incidents
        first = members[0].provider
        self.provider, self.model, self.capabilities = first.provider, first.model, first.capabilities
        self._clock = Clock()

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Yield an answer; see `pipeline.ports.LanguageModel`."""
        began_s = self._clock.now_s()
        able = [member for member in self._members if member.provider.capabilities.tools or not tools]
        race = Race(
            "llm", able or self._members, lambda each: each.provider.stream(messages, tools, options), self._incidents
        )
        won = await race.won()
        by_s = began_s + won.member.patience.total_s
        async with aclosing(followed("llm", won, by_s, self._incidents)) as items:
            async for item in items:
                yield item

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Warm the prompt of the first member."""
        await self._members[0].provider.prefill(messages, tools)

    async def warm(self) -> None:
        """Warm all members."""
        for member in self._members:
            await member.provider.warm()

    async def aclose(self) -> None:
        """Do nothing: the members belong to the process, not to the call."""
