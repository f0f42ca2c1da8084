"""Calls that listen and speak all the time through Cartesia, on bare sockets or hosted: `COLUMN URL CALLS SECONDS`."""

import asyncio
import json
import sys

import uvloop
from websockets.asyncio.client import connect

from benchmarks.providers.raw import RawCartesiaVoice
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
from providers.pipecat_host.entry import hosted
from tests.support.vendors.http import KEY

_EARS = f"/stt/websocket?model=ink-whisper&language=en&encoding=pcm_s16le&sample_rate={RATE_HZ}"
_FRAMES = round(TURN_S / FRAME_S)


async def raw(url: str, seconds: float) -> None:
    """Talk over bare sockets."""
    voice = RawCartesiaVoice(url)
    headers = {"X-API-Key": KEY, "Cartesia-Version": "2026-03-01"}
    async with connect(f"{url}{_EARS}", additional_headers=headers, compression=None) as ears:

        async def hear(number: int) -> None:
            await ears.send(FRAME)
            if number % _FRAMES == _FRAMES - 1:
                await ears.send("finalize")
                while json.loads(await ears.recv())["type"] != "flush_done":
                    pass

        async def speak(_: int) -> None:
            await voice.once_ms()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(every(FRAME_S, seconds, hear))
            tasks.create_task(every(SENTENCE_S, seconds, speak))
    await voice.aclose()


async def by_hosts(url: str, seconds: float) -> None:
    """Talk through hosted services."""
    services = "pipecat.services.cartesia"
    tts = hosted("tts", f"{services}.tts.CartesiaTTSService?voice={VOICE}", KEY, f"{url}/tts/websocket")
    stt = hosted("stt", f"{services}.stt.CartesiaSTTService", KEY, url)
    stream = await stt.open("en", RATE_HZ)
    stream.begin()

    async def hear(number: int) -> None:
        stream.feed(FRAME)
        if number % _FRAMES == _FRAMES - 1:
            await stream.finalize()
            stream.begin()

    async def speak(_: int) -> None:
        async for _item in tts.stream(SENTENCE):
            pass

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(every(FRAME_S, seconds, hear))
        tasks.create_task(every(SENTENCE_S, seconds, speak))
    await stream.aclose()
    await tts.aclose()


async def main(column: str, url: str, sessions: int, seconds: float) -> None:
    """Hold the calls and print what they cost."""
    session = {"raw": raw, "hosted": by_hosts}[column]

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(sessions):
                tasks.create_task(session(url, seconds))

    print(await measured(sessions, seconds, all_of_them()))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
