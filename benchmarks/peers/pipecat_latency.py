"""pipecat 1.14 as its documentation builds it, behind the same wire, with the same paced models and the same tape.

Runs in the peers' environment: `python -m benchmarks.peers.pipecat_latency SPEC` (see `benchmarks/talk/spec.py`). Its
voice activity, its turn strategies, its aggregators and its transport are its own; `strategy` is one of

- `default`: what it takes by itself (smart-turn v3 on each pause of 0.2 s, 3 s at most);
- `timeout`: `SpeechTimeoutUserTurnStopStrategy`, with `wait_s`.

Answers each line on standard input with its figures since the last one, as `benchmarks/talk/node.py` does.
"""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger

logger.remove()

from pipecat.audio.vad.silero import SileroVADAnalyzer  # noqa: E402  the log is off before it is imported
from pipecat.frames.frames import (  # noqa: E402
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMRunFrame,
    LLMTextFrame,
    OutputAudioRawFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    UserStoppedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline  # noqa: E402
from pipecat.pipeline.worker import PipelineParams, PipelineWorker  # noqa: E402
from pipecat.processors.aggregators.llm_context import LLMContext  # noqa: E402
from pipecat.processors.aggregators.llm_response_universal import (  # noqa: E402
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection  # noqa: E402
from pipecat.serializers.base_serializer import FrameSerializer  # noqa: E402
from pipecat.services.llm_service import LLMService  # noqa: E402
from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings  # noqa: E402
from pipecat.services.stt_service import STTService  # noqa: E402
from pipecat.services.tts_service import TTSService  # noqa: E402
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport  # noqa: E402
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy  # noqa: E402
from pipecat.turns.user_turn_strategies import UserTurnStrategies  # noqa: E402
from pipecat.workers.runner import WorkerRunner  # noqa: E402

from benchmarks.talk.spec import NodeSpec  # noqa: E402
from benchmarks.talk.tape import RATE_HZ, Hearing, TapeReader, read_tape  # noqa: E402

STT_S, LLM_S, TTS_S = 0.1, 0.2, 0.1
_CHUNK_S = 0.1
_LOUD = 300
_WINDOW_SAMPLES = 512  # of the detector


@dataclass
class Work:
    """When the models of one call were at work, and the moments of its turns."""

    spans: list[tuple[float, float]] = field(default_factory=list)
    windows_s: list[float] = field(default_factory=list)
    samples: int = 0
    asked_s: float = 0.0
    committed_s: float | None = None
    llm_calls: int = 0
    turns: list[dict[str, Any]] = field(default_factory=list)

    def heard(self, samples: int) -> None:
        """Sound came in; note when a window of the detector was complete."""
        before, self.samples = self.samples // _WINDOW_SAMPLES, self.samples + samples
        if self.samples // _WINDOW_SAMPLES > before:
            self.windows_s = [*self.windows_s[-255:], time.perf_counter()]

    def sent(self) -> None:
        """A frame of an answer goes out."""
        if self.committed_s is None or self.committed_s < self.asked_s:
            return  # of an answer to nothing, or the caller already talks on
        self.turns.append(
            {
                "silent_s": max((at_s for at_s in self.windows_s if at_s <= self.asked_s), default=None),
                "asked_s": self.asked_s,
                "decided_s": self.asked_s,  # its strategies begin to wait then
                "committed_s": self.committed_s,
                "out_s": time.perf_counter(),
                "models": list(self.spans),
            }
        )
        self.committed_s = None
        self.spans.clear()


class PacedStt(STTService):
    """Reads the tape; its final transcript comes 100 ms after the voice has stopped, and is marked as final."""

    def __init__(self, hearing: Hearing, work: Work) -> None:
        super().__init__(settings=STTSettings(model="paced", language=None), ttfs_p99_latency=STT_S)
        self._hearing, self._work = hearing, work
        self._reading: asyncio.Task[None] | None = None

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Take audio."""
        self._hearing.feed(audio)
        yield None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Read when the voice has stopped."""
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            text = self._hearing.text()
            self._hearing.begin()
            self._work.asked_s = time.perf_counter()
            self._reading = self.create_task(self._read(text))
        elif isinstance(frame, UserStoppedSpeakingFrame):
            self._work.committed_s = time.perf_counter()

    async def _read(self, text: str) -> None:
        since_s = time.perf_counter()
        await asyncio.sleep(STT_S)
        self._work.spans.append((since_s, time.perf_counter()))
        if text:
            await self.push_frame(TranscriptionFrame(text, "caller", "now", finalized=True))


class PacedLlm(LLMService):
    """Says one sentence, 200 ms after it was asked."""

    def __init__(self, sentence: str, work: Work) -> None:
        unset: dict[str, Any] = {each.name: None for each in fields(LLMSettings) if each.name != "extra"}
        super().__init__(settings=LLMSettings(**{**unset, "filter_incomplete_user_turns": False}))
        self._sentence, self._work = sentence, work

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        self._work.llm_calls += any(
            isinstance(message, dict) and message.get("role") == "user" for message in frame.context.get_messages()
        )
        await self.push_frame(LLMFullResponseStartFrame())
        since_s = time.perf_counter()
        await asyncio.sleep(LLM_S)
        self._work.spans.append((since_s, time.perf_counter()))
        for word in self._sentence.split():
            await self.push_frame(LLMTextFrame(f"{word} "))
        await self.push_frame(LLMFullResponseEndFrame())


class PacedTts(TTSService):
    """A tone of known length; its first sound takes 100 ms."""

    def __init__(self, sentence_s: float, work: Work) -> None:
        super().__init__(
            settings=TTSSettings(model="paced", voice="paced", language=None),
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=RATE_HZ,
        )
        self._sound, self._work = _buzz(round(sentence_s * RATE_HZ)), work

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Speak."""
        since_s = time.perf_counter()
        await asyncio.sleep(TTS_S)
        self._work.spans.append((since_s, time.perf_counter()))
        size = 2 * round(_CHUNK_S * RATE_HZ)
        for at in range(0, len(self._sound), size):
            yield TTSAudioRawFrame(self._sound[at : at + size], RATE_HZ, 1, context_id=context_id)


class BareSound(FrameSerializer):
    """Binary frames both ways, and a word when what was sent is to be dropped."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work

    async def serialize(self, frame: Frame) -> str | bytes | None:
        """Encode what goes out."""
        if isinstance(frame, InterruptionFrame):
            return json.dumps({"type": "interrupted", "generation": 0})
        if not isinstance(frame, OutputAudioRawFrame):
            return None
        if np.abs(np.frombuffer(frame.audio, "<i2").astype(np.int32)).max(initial=0) >= _LOUD:
            self._work.sent()
        return frame.audio

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """Decode what comes in."""
        if isinstance(data, str):
            return None
        self._work.heard(len(data) // 2)
        return InputAudioRawFrame(data, RATE_HZ, 1)


def _buzz(samples: int) -> bytes:
    """The voice of `providers/fake/tts.py`."""
    phase = 2 * np.pi * 140.0 / RATE_HZ * np.arange(samples)
    wave = sum(np.sin(phase * k) / k for k in range(1, 7))
    return np.asarray(wave * 4_500.0, dtype="<i2").tobytes()


class Bot:
    """Makes calls."""

    def __init__(self, spec: NodeSpec) -> None:
        self._spec = spec
        self._reader = TapeReader(read_tape(Path(spec.tape)))
        self._works: list[Work] = []

    async def serve(self, websocket: WebSocket) -> None:
        """Run one call to its end."""
        await websocket.accept()
        work = Work()
        self._works.append(work)
        params = FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, audio_out_10ms_chunks=2, serializer=BareSound(work)
        )
        transport = FastAPIWebsocketTransport(websocket, params)
        # no resampling anywhere, and nothing for clients that are not there: as well as it can be configured
        worker = PipelineWorker(
            self._pipeline(transport, work),
            params=PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ),
            enable_rtvi=False,
            idle_timeout_secs=None,
        )

        async def greet(_transport: object, _client: object) -> None:
            await worker.queue_frame(LLMRunFrame())

        async def leave(_transport: object, _client: object) -> None:
            await worker.cancel()

        transport.add_event_handler("on_client_connected", greet)
        transport.add_event_handler("on_client_disconnected", leave)
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    def _pipeline(self, transport: FastAPIWebsocketTransport, work: Work) -> Pipeline:
        context = LLMContext([{"role": "system", "content": "Answer in one sentence."}])
        aggregators = LLMContextAggregatorPair(
            context,
            user_params=LLMUserAggregatorParams(
                vad_analyzer=SileroVADAnalyzer(), user_turn_strategies=self._strategies()
            ),
        )
        return Pipeline(
            [
                transport.input(),
                PacedStt(Hearing(self._reader), work),
                aggregators.user(),
                PacedLlm(self._spec.sentence, work),
                PacedTts(self._spec.sentence_s, work),
                transport.output(),
                aggregators.assistant(),
            ]
        )

    def _strategies(self) -> UserTurnStrategies | None:
        if self._spec.strategy == "default":
            return None
        return UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=self._spec.wait_s)])

    async def report(self) -> None:
        """Answer questions."""
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while await reader.readline():
            works, self._works = self._works, []
            turns = [turn for work in works for turn in work.turns]
            print(json.dumps({"llm_calls": sum(work.llm_calls for work in works), "turns": turns}), flush=True)
        signal.raise_signal(signal.SIGTERM)  # whoever measures us is gone


def main() -> None:
    """Serve until a signal comes."""
    spec = NodeSpec(**json.loads(sys.argv[1]))
    bot = Bot(spec)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            reporting = tasks.create_task(bot.report())
            yield
            reporting.cancel()

    app = FastAPI(lifespan=lifespan)
    app.websocket("/ws")(bot.serve)
    uvicorn.run(
        app, host="127.0.0.1", port=spec.port, ws="websockets-sansio", log_level="error", ws_per_message_deflate=False
    )


if __name__ == "__main__":
    main()
