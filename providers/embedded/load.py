"""Loads all embedded models once, for the whole process."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from kit.threads import step_back
from pipeline.ports import VoiceGate
from providers.embedded.gate import WebRtcGate
from providers.embedded.hibari import HibariTts
from providers.embedded.inference import InferencePool, Priority
from providers.embedded.moonshine import MoonshineModel
from providers.embedded.silero import SileroVad
from providers.embedded.smart_turn import SmartTurn
from providers.embedded.stt import EmbeddedStt
from providers.embedded.whisper import WhisperModel


@dataclass(frozen=True, slots=True)
class EmbeddedModels:
    """Everything a call needs that runs in this process."""

    vad: SileroVad
    gate_factory: Callable[[], VoiceGate]
    end_of_turn: SmartTurn
    stt: EmbeddedStt
    tts: HibariTts
    pool: InferencePool

    async def warm(self) -> None:
        """Run every model once, so that the first call is as quick as the second."""
        second = np.zeros(16_000, np.float32)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.pool.run(Priority.FINAL, self.stt.whisper.read, second))
            group.create_task(self.pool.run(Priority.FINAL, self.stt.moonshine.read, second))
            group.create_task(self.end_of_turn.probability(bytes(2)))
            group.create_task(self.pool.run(Priority.FINAL, self._warm_detector))

    def close(self) -> None:
        """Stop the threads; waits for the decodes under way."""
        self.pool.close()

    def _warm_detector(self) -> None:
        window = np.zeros((1, self.vad.window_samples), np.float32)
        self.vad.run(window, self.vad.new_state()[None])


def load(workers: int = 2) -> EmbeddedModels:
    """Read all models from disk, in parallel; blocks for about a second, so call it in a thread.

    Args:
        workers: Threads that models run in; one a core.

    Raises:
        ConfigError: A model is missing; the message says what to run.
    """
    pool = InferencePool(workers)
    try:
        with ThreadPoolExecutor(workers, initializer=step_back) as loaders:  # models start threads of their own
            tts = loaders.submit(HibariTts, pool)
            whisper = loaders.submit(WhisperModel, workers)
            moonshine = loaders.submit(MoonshineModel)
            vad = loaders.submit(SileroVad)
            end_of_turn = loaders.submit(SmartTurn, pool)
        stt = EmbeddedStt(pool, whisper.result(), moonshine.result())
        return EmbeddedModels(vad.result(), WebRtcGate, end_of_turn.result(), stt, tts.result(), pool)
    except BaseException:
        pool.close()
        raise
