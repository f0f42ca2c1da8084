"""Interruptions of whole calls on the virtual clock, at any moment: is there a word in history that nobody heard?

The voice says each word with samples of one value, which is the word's number; a listener that plays what is sent in
real time, and drops the rest when it is told so, therefore knows which words were heard.
"""

import asyncio
import random
import string
from collections.abc import AsyncGenerator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.frames.audio import AudioOut
from pipeline.frames.control import Interrupted
from pipeline.ports import AS_MADE, LegCapabilities, SpeakOptions, WordTimes
from pipeline.report import CallReport
from pipeline.turns.lexicon import words_of
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from tests.support import call_lab

_RATE_HZ = 16_000
_WORKERS = 2
_OF_A_CALL = 20
_TOLD_EVERY = 50  # calls
_FIRST_VALUE = 1_000
_NONE = np.zeros(0, np.int16)
_FLOW = """
id: unheard
version: "1.0.0"
initial_state: talk
states:
  talk: {prompt: Talk., transitions: {on_ui_event: {again: talk}}}
"""
_SAID = ("I have another question", "no wait", "stop it please", "mhm", "", "tell me about the other one")


@dataclass(frozen=True, slots=True)
class Tally:
    """What was found in the calls of one kind.

    Attributes:
        interruptions: Answers that were stopped.
        unheard_words: Words in history of which not one sample was heard.
        cut_words: Words in history that were not heard to their end.
        forgotten_words: Words heard to their end that history does not have.
    """

    variant: str
    calls: int = 0
    interruptions: int = 0
    history_words: int = 0
    unheard_words: int = 0
    cut_words: int = 0
    forgotten_words: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        names = ("calls", "interruptions", "history_words", "unheard_words", "cut_words", "forgotten_words")
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in names})

    def row(self) -> dict[str, Any]:
        """Return a row for a table."""
        return {
            "calls": self.variant,
            "count": self.calls,
            "interruptions": self.interruptions,
            "words in history": self.history_words,
            "unheard": self.unheard_words,
            "not heard to the end": self.cut_words,
            "heard, not in history": self.forgotten_words,
        }


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of call."""

    name: str
    lead_ms: int = 60
    word_times: bool = False
    s_per_char: float = 0.06


VARIANTS = (
    Variant("lead of 60 ms"),
    Variant("lead of 200 ms", lead_ms=200),
    Variant("the voice tells word times", word_times=True),
    Variant("a slow voice", s_per_char=0.11),
)


def run_unheard(interruptions: int) -> list[Tally]:
    """Interrupt at least so often, in two processes; each kind of call has its share."""
    share = -(-interruptions // len(VARIANTS))
    with ProcessPoolExecutor(_WORKERS) as workers:
        return [_enough(variant, share, workers) for variant in VARIANTS]


def _enough(variant: Variant, interruptions: int, workers: ProcessPoolExecutor) -> Tally:
    total, seed = Tally(variant.name), 0
    while total.interruptions < interruptions:
        missing = interruptions - total.interruptions
        batch = min(_TOLD_EVERY, max(_WORKERS, -(-missing // _OF_A_CALL)))
        for tally in workers.map(partial(one_call, variant), range(seed, seed + batch), chunksize=4):
            total += tally
        seed += batch
        print(f"{variant.name}: {total.interruptions} of {interruptions} interruptions", flush=True)
    return total


def one_call(variant: Variant, seed: int) -> Tally:
    """Make one call and compare its history with what was heard of it."""
    chance = random.Random(seed)
    script = [_answer(number, chance) for number in range(3 * _OF_A_CALL)]
    voice = _NumberedVoice(script, variant)
    llm = FakeLlm([[f"{word} " for word in answer.split()] for answer in script], pace=Pace(first_s=0.2))
    heard = [chance.choice(_SAID) for _ in range(3 * _OF_A_CALL)]
    stt = FakeStt(heard, pace=Pace(first_s=0.1), partial_pace=Pace(first_s=0.1))
    setup = call_lab.Setup(_FLOW, stt=stt, tts=voice, llm=llm, capabilities=LegCapabilities(lead_ms=variant.lead_ms))
    report, leg = call_lab.call(setup, partial(_interrupt, chance))
    return compare(variant.name, _history(report, llm), voice, leg.sent)


async def _interrupt(chance: random.Random, lab: call_lab.Lab) -> None:
    """Speak up at random moments: before the bot is heard, within its first frame, and far into its answer."""
    for _ in range(_OF_A_CALL):
        await asyncio.sleep(chance.choice((chance.uniform(0, 0.8), chance.uniform(0.4, 1.8))))
        await lab.speak(chance.uniform(0.12, 0.7))
        await lab.quiet(0.3)
        await asyncio.sleep(0.4)


class _NumberedVoice(FakeTts):
    """Says each word with samples of its own number."""

    def __init__(self, script: Sequence[str], variant: Variant) -> None:
        super().__init__(s_per_char=variant.s_per_char, word_times=variant.word_times)
        words = [word for answer in script for word in words_of(answer)]
        self.numbers = {word: _FIRST_VALUE + place for place, word in enumerate(words)}

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        values = np.zeros(self.duration_samples(text), "<i2")
        at = 0
        for word in text.split():
            first = text.index(word, at)
            at = first + len(word)
            number = self.numbers.get("".join(words_of(word)), 0)
            values[self.duration_samples(text[:first]) : self.duration_samples(text[:at])] = number
        place = 0
        async for chunk in super().stream(text, options):
            if isinstance(chunk, bytes):
                chunk, place = values[place : place + len(chunk) // 2].tobytes(), place + len(chunk) // 2
            yield chunk

    def word_samples(self, word: str) -> int:
        """Return how long a word is."""
        return self.duration_samples(word)


def _answer(number: int, chance: random.Random) -> str:
    """Return three sentences of words that no other answer has."""
    names = iter(range(number * 40, number * 40 + 40))
    sentences = (" ".join(_word(next(names)) for _ in range(chance.randint(3, 9))) for _ in range(3))
    return " ".join(f"{sentence.capitalize()}." for sentence in sentences)


def _word(number: int) -> str:
    """Return the `number`th word that means nothing."""
    letters = string.ascii_lowercase[:20]
    tail = "".join(letters[number // 20**place % 20] for place in range(3))
    return f"x{tail}{'o' * (number % 4)}"


def _history(report: CallReport, llm: FakeLlm) -> set[str]:
    """Return every word that a model was told the bot had said, or that the report says it said."""
    told = (message.content for request in llm.requests for message in request.messages if message.role == "assistant")
    return {word for text in (*told, *(turn.bot for turn in report.turns)) for word in words_of(text)}


def compare(name: str, history: set[str], voice: _NumberedVoice, sent: Sequence[tuple[float, object]]) -> Tally:
    """Compare the words of a call's history with the samples that were heard."""
    samples: dict[int, int] = {}
    for value, count in zip(*np.unique(np.concatenate([_NONE, *heard(sent)]), return_counts=True), strict=True):
        samples[int(value)] = int(count)
    spoken = {word: samples.get(number, 0) for word, number in voice.numbers.items()}
    known = [word for word in history if word in spoken]
    whole = {word for word, count in spoken.items() if count >= voice.word_samples(word) - 1}
    return Tally(
        name,
        calls=1,
        interruptions=sum(isinstance(frame, Interrupted) for _, frame in sent),
        history_words=len(known),
        unheard_words=sum(spoken[word] == 0 for word in known),
        cut_words=sum(word not in whole for word in known),
        forgotten_words=len(whole - history),
    )


def heard(sent: Sequence[tuple[float, object]]) -> Iterator[npt.NDArray[np.int16]]:
    """Play what was sent, in real time; yield what is heard of each frame."""
    waiting: list[tuple[int, npt.NDArray[np.int16]]] = []
    end = 0
    for at_s, frame in sent:
        now = round(at_s * _RATE_HZ)
        match frame:
            case AudioOut(pcm):
                values = np.frombuffer(pcm, "<i2")
                waiting.append((max(end, now), values))
                end = waiting[-1][0] + len(values)
            case Interrupted():
                waiting = [(start, values[: max(0, now - start)]) for start, values in waiting]
                end = min(end, now)
    yield from (values for _, values in waiting)
