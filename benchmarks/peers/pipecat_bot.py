"""pipecat on Twilio Media Streams with instant models: as it comes (`stock`), or tuned as well as we can (`tuned`).

How each is set up, and why, is in `bots.md`.
"""

import dataclasses
import gc
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import onnxruntime
import pipecat.audio.vad.silero as silero_module
import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams
from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from benchmarks.capacity.meter import Meter
from benchmarks.capacity.workload import ANSWER, WORDS, sentence

TUNED = sys.argv[2] == "tuned"
_TTS_CHUNK_S = 0.1
_TTS_RATE_HZ = 8000 if TUNED else 16_000
_SOUND = sentence(_TTS_RATE_HZ)


class InstantStt(STTService):
    """A recogniser that knows the words as soon as the caller stops."""

    def __init__(self, **options: Any) -> None:
        super().__init__(settings=STTSettings(model="mock", language=None), ttfs_p99_latency=0.05, **options)

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Take the audio as a vendor's socket would."""
        yield None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer the end of speech."""
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            await self.push_frame(TranscriptionFrame(WORDS, "caller", "now", finalized=True))


class InstantLlm(LLMService):
    """A language model that answers the same, word by word."""

    def __init__(self) -> None:
        unset: dict[str, Any] = dict.fromkeys(
            (each.name for each in dataclasses.fields(LLMSettings) if each.name != "extra"), None
        )
        super().__init__(settings=LLMSettings(**{**unset, "filter_incomplete_user_turns": False}))

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        for word in " ".join(ANSWER).split(" "):
            await self.push_frame(LLMTextFrame(word + " "))
        await self.push_frame(LLMFullResponseEndFrame())


class InstantTts(TTSService):
    """A voice that has every sentence ready."""

    def __init__(self) -> None:
        super().__init__(
            settings=TTSSettings(model="mock", voice="instant", language=None),
            push_start_frame=True,
            push_stop_frames=True,
            stop_frame_timeout_s=0.2,
            sample_rate=_TTS_RATE_HZ,
        )

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Yield 2 s of sound."""
        size = 2 * int(_TTS_CHUNK_S * _TTS_RATE_HZ)
        for start in range(0, len(_SOUND), size):
            yield TTSAudioRawFrame(_SOUND[start : start + size], _TTS_RATE_HZ, 1, context_id=context_id)


def _share_and_inline_vad() -> None:
    """Run the detector on the loop, and load its model once: less memory, fewer threads, fewer wake-ups."""

    async def inline(self: VADAnalyzer, buffer: bytes) -> Any:
        return self._run_analyzer(buffer)

    VADAnalyzer.analyze_audio = inline
    loaded: dict[str, Any] = {}

    def once(path: Any, **options: Any) -> Any:
        if str(path) not in loaded:
            loaded[str(path)] = onnxruntime.InferenceSession(path, **options)
        return loaded[str(path)]

    class _Runtime:
        SessionOptions = onnxruntime.SessionOptions
        InferenceSession = staticmethod(once)
        get_available_providers = staticmethod(onnxruntime.get_available_providers)

    silero_module.onnxruntime = _Runtime


def _pipeline(transport: FastAPIWebsocketTransport) -> Pipeline:
    stops = UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)])
    vad = SileroVADAnalyzer(params=VADParams(stop_secs=0.2))
    context = LLMContext([{"role": "system", "content": "Help the caller to book a table."}])
    if TUNED:
        pair = LLMContextAggregatorPair(context, user_params=LLMUserAggregatorParams(user_turn_strategies=stops))
        hearing = [VADProcessor(vad_analyzer=vad), InstantStt(audio_passthrough=False)]
    else:
        user = LLMUserAggregatorParams(vad_analyzer=vad, user_turn_strategies=stops)
        pair = LLMContextAggregatorPair(context, user_params=user)
        hearing = [InstantStt()]
    speaking = [InstantLlm(), InstantTts(), transport.output(), pair.assistant()]
    return Pipeline([transport.input(), *hearing, pair.user(), *speaking])


async def _call(websocket: WebSocket) -> None:
    stream_sid = ""
    await websocket.accept()
    while not stream_sid:
        stream_sid = (await websocket.receive_json()).get("streamSid", "")
    params: dict[str, Any] = {"audio_in_enabled": True, "audio_out_enabled": True}
    if TUNED:
        params |= {"audio_out_10ms_chunks": 2, "audio_out_end_silence_secs": 0}
    serializer = TwilioFrameSerializer(stream_sid, params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    transport = FastAPIWebsocketTransport(websocket, FastAPIWebsocketParams(serializer=serializer, **params))
    if TUNED:
        rates = PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000)
        worker = PipelineWorker(
            _pipeline(transport), params=rates, enable_rtvi=False, enable_turn_tracking=False, idle_timeout_secs=None
        )
    else:
        worker = PipelineWorker(
            _pipeline(transport), params=PipelineParams(enable_metrics=True, enable_usage_metrics=True)
        )

    @transport.event_handler("on_client_disconnected")
    async def _gone(transport: Any, client: Any) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


@asynccontextmanager
async def _measured(app: FastAPI) -> AsyncIterator[None]:
    Meter().start()
    yield


def main() -> None:
    """Serve on the port `argv[1]`."""
    logger.remove()
    if TUNED:
        _share_and_inline_vad()
        gc.freeze()
    app = FastAPI(lifespan=_measured)
    app.add_api_websocket_route("/telephony/twilio/flow/{flow}", _call)
    uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", access_log=False)


if __name__ == "__main__":
    main()
