"""pipecat's SmallWebRTC transport with nothing between its two ends but an echo; runs in the peers' environment."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import BackgroundTasks, FastAPI
from loguru import logger
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.workers.runner import WorkerRunner

from benchmarks.capacity.meter import Meter

_RATE_HZ = 16_000


class _Echo(FrameProcessor):
    """Gives sound back."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Turn what came in into what goes out."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self.push_frame(OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels))
        else:
            await self.push_frame(frame, direction)


async def _call(connection: SmallWebRTCConnection) -> None:
    params = TransportParams(audio_in_enabled=True, audio_out_enabled=True, audio_out_10ms_chunks=2)
    transport = SmallWebRTCTransport(connection, params)
    worker = PipelineWorker(
        Pipeline([transport.input(), _Echo(), transport.output()]),
        params=PipelineParams(audio_in_sample_rate=_RATE_HZ, audio_out_sample_rate=_RATE_HZ),
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )

    @transport.event_handler("on_client_disconnected")
    async def _gone(transport: Any, client: Any) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


async def _offer(body: dict[str, Any], tasks: BackgroundTasks) -> Any:
    connection = SmallWebRTCConnection()
    await connection.initialize(sdp=body["sdp"], type=body["type"])
    tasks.add_task(_call, connection)
    return connection.get_answer()


@asynccontextmanager
async def _measured(app: FastAPI) -> AsyncIterator[None]:
    Meter().start()
    yield


def main() -> None:
    """Serve on the port `argv[1]`."""
    logger.remove()
    app = FastAPI(lifespan=_measured)
    app.post("/offer")(_offer)
    uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", access_log=False)


if __name__ == "__main__":
    main()
