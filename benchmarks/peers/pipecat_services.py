"""A pipecat pipeline with Cartesia's services, as it comes (`stock`) or without what watches it (`slim`).

`pipecat_services.py COLUMN URL SESSIONS SECONDS`: the same words and sounds as `benchmarks/providers/load.py`.
"""

import asyncio
import sys

import uvloop
from loguru import logger
from pipecat.frames.frames import (
    InputAudioRawFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.services.cartesia.stt import CartesiaSTTService
from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.workers.runner import WorkerRunner

from benchmarks.providers.workload import (
    FRAME,
    FRAME_S,
    RATE_HZ,
    SENTENCE,
    SENTENCE_S,
    TURN_S,
    VOICE,
    every,
    measured,
)

_KEY = "sk-test-4f9a"  # of tests.support.vendors.http
_FRAMES = round(TURN_S / FRAME_S)


async def session(url: str, seconds: float, *, stock: bool) -> None:
    """Talk through one pipeline."""
    stt = CartesiaSTTService(api_key=_KEY, base_url=url)
    settings = CartesiaTTSService.Settings(voice=VOICE)
    tts = CartesiaTTSService(api_key=_KEY, url=f"{url}/tts/websocket", settings=settings)
    params = PipelineParams(audio_in_sample_rate=RATE_HZ)
    pipeline = Pipeline([stt, tts])
    if stock:
        worker = PipelineWorker(pipeline, params=params)
    else:
        worker = PipelineWorker(
            pipeline, params=params, enable_rtvi=False, enable_turn_tracking=False, idle_timeout_secs=None
        )

    async def hear(number: int) -> None:
        if number % _FRAMES == 0:
            await worker.queue_frame(VADUserStartedSpeakingFrame())
        await worker.queue_frame(InputAudioRawFrame(FRAME, RATE_HZ, 1))
        if number % _FRAMES == _FRAMES - 1:
            await worker.queue_frame(VADUserStoppedSpeakingFrame())

    async def speak(_: int) -> None:
        await worker.queue_frame(TTSSpeakFrame(SENTENCE))

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(runner.run())
        async with asyncio.TaskGroup() as talk:
            talk.create_task(every(FRAME_S, seconds, hear))
            talk.create_task(every(SENTENCE_S, seconds, speak))
        await runner.cancel()


async def main(column: str, url: str, sessions: int, seconds: float) -> None:
    """Hold the calls and print what they cost."""

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(sessions):
                tasks.create_task(session(url, seconds, stock=column == "stock"))

    print(await measured(sessions, seconds, all_of_them()))


if __name__ == "__main__":
    logger.remove()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as running:
        running.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
