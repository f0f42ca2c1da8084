"""An answer that is made before it is wanted: nothing of it is heard, shown, remembered or done until it is."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from flows.actions import Ask
from pipeline.answer import Answer, AnswerPorts
from pipeline.brain import Speech
from pipeline.line import HeldLine, Line
from pipeline.ports import Message, ToolCall
from pipeline.turn_log import TurnTimes
from pipeline.turns.lexicon import words_of


class HeldAnswer:
    """Made for a plan and a conversation that are only likely (ADR 0010)."""

    def __init__(self, plan: Sequence[Speech], prompt: Sequence[Message], ports: AnswerPorts) -> None:
        """Hold; `prompt` is the conversation that ends with the words guessed."""
        self._plan, self._prompt, self._ports = tuple(plan), tuple(prompt), ports
        self._line = HeldLine(ports.line.rate_hz)
        self._began_s = ports.clock.now_s()
        self._text: tuple[str, bool] | None = None
        self._is_broken = False
        self._released = asyncio.Event()
        held = replace(
            ports,
            line=self._line,
            history=lambda: list(self._prompt),
            call_tool=self._call_tool,
            ask_failed=self._ask_failed,
            on_text=self._on_text,
        )
        self._answer = Answer(held, TurnTimes(None, self._began_s), filler=None)

    async def run(self) -> None:
        """Make it, as far as it can be made unheard; the rest once it is released."""
        await self._answer.run(self._plan)

    def fits(self, plan: Sequence[Speech], prompt: Sequence[Message]) -> bool:
        """Tell whether it is what is wanted said, to whom said this."""
        if self._is_broken or self._answer.times.failures or tuple(plan) != self._plan:
            return False
        return not any(isinstance(item, Ask) for item in plan) or _alike(self._prompt, prompt)

    def release(self, line: Line, times: TurnTimes, filler: int | None) -> None:
        """It is wanted: what is made of it goes out on `line`, and all else about it happens."""
        made = self._answer.times.moments_s
        times.saved_s = made.get("tts", self._ports.clock.now_s()) - self._began_s
        for name, at_s in made.items():
            times.mark(name, at_s)
        self._answer.times, self._answer.filler = times, filler
        self._line.release(line)
        if self._text is not None:
            self._ports.on_text(*self._text)
        self._released.set()

    def _on_text(self, text: str, whole: bool) -> None:
        if self._released.is_set():
            self._ports.on_text(text, whole)
        else:
            self._text = text, whole

    async def _call_tool(self, call: ToolCall, epoch: int) -> tuple[Speech, ...]:
        await self._released.wait()
        return await self._ports.call_tool(call, epoch)

    async def _ask_failed(self, epoch: int, code: str) -> tuple[Speech, ...]:
        self._is_broken = not self._released.is_set()  # the turn asks anew, and may have more luck
        await self._released.wait()
        return await self._ports.ask_failed(epoch, code)


def _alike(guessed: Sequence[Message], real: Sequence[Message]) -> bool:
    """Tell whether two conversations are equal, but for how the last words of the user are written."""
    *before, last = guessed
    *told, said = real
    return before == told and last.role == said.role and words_of(last.content) == words_of(said.content)
