"""One bot turn being made: what the flow wants said becomes sentences, sentences become audio in the playout."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import structlog

from flows.actions import Ask, Say, ToolReturned
from kit.clock import Clock
from kit.errors import ProviderError
from pipeline.brain import Speech
from pipeline.line import Line
from pipeline.ports import (
    LanguageModel,
    LlmOptions,
    LlmUsage,
    Message,
    SpeakOptions,
    TextToSpeech,
    ToolCall,
    WordTimes,
)
from pipeline.speech.fillers import filler_in
from pipeline.speech.normalise import normalise
from pipeline.speech.sentences import SentenceSplitter, sentences
from pipeline.speech.spoken import Spoken
from pipeline.turn_log import TurnTimes

log = structlog.get_logger()

_Item = TypeVar("_Item")

_PUSHED_S = 0.1
_TTS_CHUNK_LIMIT_S = 4.0
LLM_CHUNK_LIMIT_S = 8.0
_CLOSE_LIMIT_S = 0.5
_SENTENCES_AHEAD = 16
FILLER_AFTER_S = 1.2  # a model that has said nothing for longer leaves the caller wondering
_TOOL_ROUNDS = 4  # a model that calls tools for ever is stopped


class _Sentence(NamedTuple):
    text: Spoken
    options: SpeakOptions


@dataclass(frozen=True, slots=True)
class AnswerPorts:
    """What an answer needs of its call.

    Attributes:
        history: The conversation so far, without the system prompt.
        call_tool: Runs a tool through the flow; returns what is to be spoken on.
        ask_failed: Tells the flow that the model is of no use now; returns what is to be spoken instead.
        on_text: Takes the text so far and whether it is whole.
    """

    tts: TextToSpeech
    llm: LanguageModel | None
    line: Line
    clock: Clock
    history: Callable[[], list[Message]]
    call_tool: Callable[[ToolCall, int], Awaitable[tuple[Speech, ...]]]
    ask_failed: Callable[[int, str], Awaitable[tuple[Speech, ...]]]
    on_text: Callable[[str, bool], None]


@dataclass(slots=True)
class Answer:
    """Makes one answer. Cancelling `run` frees everything it holds.

    Attributes:
        filler: Which of the sentences is said while a model is slow; None for none.
    """

    ports: AnswerPorts
    times: TurnTimes
    filler: int | None
    _text: str = ""
    _filled: str = ""
    _filling: asyncio.TimerHandle | None = None
    _exchange: list[Message] = field(default_factory=list)

    async def run(self, plan: Sequence[Speech]) -> None:
        """Speak `plan` in order, and what tools add to it; the line is complete afterwards."""
        ahead: asyncio.Queue[_Sentence | None] = asyncio.Queue(_SENTENCES_AHEAD)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._voice(ahead))
                try:
                    await self._write(plan, ahead)
                finally:
                    if self._filling is not None:
                        self._filling.cancel()
                await ahead.put(None)
                self.ports.on_text(self._text, True)
        finally:
            self.ports.line.complete()

    # --- text -----------------------------------------------------------------------------------------------------
    async def _write(self, plan: Sequence[Speech], ahead: "asyncio.Queue[_Sentence | None]") -> None:
        pending = list(plan)
        rounds = 0
        last_ask: Ask | None = None
        while pending:
            item = pending.pop(0)
            match item:
                case Say(text):
                    for sentence in sentences(text, self._language(item)):
                        await self._sentence(sentence, item, ahead)
                case Ask():
                    last_ask = item
                    rounds += 1
                    pending.extend(await self._ask(item, ahead, rounds))
                case ToolReturned(call_id, result, run_again):
                    self._exchange.append(Message("tool", result or "ok", tool_call_id=call_id))
                    if run_again and last_ask is not None and not any(isinstance(p, Ask) for p in pending):
                        pending.append(last_ask)

    async def _ask(self, ask: Ask, ahead: "asyncio.Queue[_Sentence | None]", rounds: int) -> tuple[Speech, ...]:
        """Let the model speak; return what its tool calls, or its failure, add to the plan."""
        if self.ports.llm is None or rounds > _TOOL_ROUNDS:
            return await self.ports.ask_failed(ask.epoch, "llm.unavailable" if rounds == 1 else "llm.tool_loop")
        if self._filling is None:  # what a tool waits for, and asking again, count too
            self._fill_later(ask, ahead)
        try:
            calls = await self._stream(self.ports.llm, ask, ahead)
        except ProviderError as error:
            log.warning("llm_failed", provider=error.provider, code=error.code)
            self.times.failures.append("llm")
            return await self.ports.ask_failed(ask.epoch, error.code)
        if not calls and self._text == self._filled:
            self.times.failures.append("llm")
            return await self.ports.ask_failed(ask.epoch, "llm.empty")
        returned: list[Speech] = []
        more: list[Speech] = []
        for call in calls:
            result = ToolReturned(call.call_id, "", run_again=False)  # of a call that the flow ignores
            for item in await self.ports.call_tool(call, ask.epoch):
                if isinstance(item, ToolReturned):
                    result = item
                else:
                    more.append(item)
            returned.append(result)
        return (*returned, *more)  # a model that is asked again must find a result for each of its calls

    async def _stream(self, llm: LanguageModel, ask: Ask, ahead: "asyncio.Queue[_Sentence | None]") -> list[ToolCall]:
        splitter = SentenceSplitter(language=self._language(ask), eager=not self._text)
        calls: list[ToolCall] = []
        spoken: list[str] = []
        messages = [Message("system", ask.instructions), *self.ports.history(), *self._exchange]
        stream = llm.stream(messages, ask.tools, LlmOptions(ask.max_tokens, ask.temperature, ask.stop, model=ask.llm))
        async with contextlib.aclosing(_bounded(stream, LLM_CHUNK_LIMIT_S, "llm")) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, LlmUsage):
                    continue  # counted by `pipeline/metered.py`
                self.times.mark("llm_first_token", self.ports.clock.now_s())
                if isinstance(chunk, ToolCall):
                    calls.append(chunk)
                    continue
                spoken.append(chunk)
                for sentence in splitter.feed(chunk):
                    await self._sentence(sentence, ask, ahead)
        for sentence in splitter.flush():
            await self._sentence(sentence, ask, ahead)
        if calls:
            self._exchange.append(Message("assistant", "".join(spoken), tool_calls=tuple(calls)))
        return calls

    def _fill_later(self, ask: Ask, ahead: "asyncio.Queue[_Sentence | None]") -> None:
        self._filling = asyncio.get_running_loop().call_later(FILLER_AFTER_S, self._fill, ask, ahead)

    def _fill(self, ask: Ask, ahead: "asyncio.Queue[_Sentence | None]") -> None:
        """Say that an answer will come, if none of it is said yet and somebody waits for it."""
        if self.ports.line.is_held:
            self._fill_later(ask, ahead)
        elif not self._text and self.filler is not None:
            self._text = self._filled = filler_in(self._language(ask), self.filler)
            self.ports.on_text(self._text, False)
            filler = _Sentence(normalise(self._text, self._language(ask)), self._options(ask))
            ahead.put_nowait(filler)  # it is the first sentence, so there is room

    def _language(self, wish: Say | Ask) -> str:
        """What the words are in: as the flow wishes, else what the voice speaks first."""
        return wish.language or next(iter(self.ports.tts.capabilities.languages), "en")

    def _options(self, wish: Say | Ask) -> SpeakOptions:
        rate_hz = self.ports.tts.capabilities.rate_for(self.ports.line.rate_hz)
        return SpeakOptions(wish.voice, wish.language, rate_hz)

    async def _sentence(self, sentence: str, wish: Say | Ask, ahead: "asyncio.Queue[_Sentence | None]") -> None:
        if "llm_first_token" in self.times.moments_s:
            self.times.mark("first_sentence", self.ports.clock.now_s())
        self._text = f"{self._text} {sentence}".strip()
        self.ports.on_text(self._text, False)
        await ahead.put(_Sentence(normalise(sentence, self._language(wish)), self._options(wish)))

    # --- voice ----------------------------------------------------------------------------------------------------
    async def _voice(self, ahead: "asyncio.Queue[_Sentence | None]") -> None:
        tts, line = self.ports.tts, self.ports.line
        while (sentence := await ahead.get()) is not None:
            await line.next_piece()
            text, options = sentence
            rate_hz = options.rate_hz or tts.capabilities.rates_hz[0]
            line.open_piece(text, rate_hz)
            try:
                stream = _bounded(tts.stream(text.said, options), _TTS_CHUNK_LIMIT_S, "tts")
                async with contextlib.aclosing(stream) as chunks:
                    async for chunk in chunks:
                        if isinstance(chunk, WordTimes):
                            line.mark_words(chunk.words)
                            continue
                        self.times.mark("tts", self.ports.clock.now_s())
                        await _push(line, chunk, 2 * int(_PUSHED_S * rate_hz))
                        await line.room()
                line.close_piece()
            except ProviderError as error:
                # The caption still shows what could not be spoken; the next sentence may work.
                log.warning("tts_failed", provider=error.provider, code=error.code)
                self.times.failures.append("tts")


async def _push(line: Line, pcm: bytes, size: int) -> None:
    """Queue audio, `size` bytes at a time: a sentence that comes at once is converted while others are served."""
    for start in range(0, len(pcm), size):
        line.push(pcm[start : start + size])
        await asyncio.sleep(0)


async def _bounded(items: AsyncGenerator[_Item, None], limit_s: float, provider: str) -> AsyncGenerator[_Item, None]:
    """Pass `items` on, but wait for no item longer than `limit_s`; an empty one is none.

    Raises:
        ProviderError: The stream stalled.
    """
    try:
        while True:
            try:
                async with asyncio.timeout(limit_s):
                    while not (item := await anext(items)):
                        pass
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise ProviderError(
                    provider, f"nothing came for {limit_s} s", retryable=True, code="provider.stalled"
                ) from error
            except ProviderError as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise asyncio.CancelledError from error  # it broke when it was thrown away
                raise
            yield item
    finally:
        # Nobody waits for, or hears of, what breaks when it is thrown away.
        with contextlib.suppress(TimeoutError, ProviderError):
            async with asyncio.timeout(_CLOSE_LIMIT_S):
                await items.aclose()
