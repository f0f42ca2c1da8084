"""livekit-agents with instant models, behind a bare Twilio-protocol socket in place of its media server.

How it is set up, and why, is in `bots.md`.
"""

import asyncio
import base64
import contextlib
import json
import logging
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import uvloop
from livekit import rtc
from livekit.agents import Agent, AgentSession, LanguageCode, inference, utils
from livekit.agents import llm as agents_llm
from livekit.agents import stt as agents_stt
from livekit.agents import tts as agents_tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.voice.io import AudioInput, AudioOutput, AudioOutputCapabilities
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.capacity.meter import Meter
from benchmarks.capacity.workload import ANSWER, FRAME_S, WORDS, sentence
from pipeline.audio.mulaw import mulaw_decode, mulaw_encode

_RATE_HZ = 8000
_FRAME_BYTES = 2 * int(FRAME_S * _RATE_HZ)
_SOUND = sentence(_RATE_HZ)
_LOUD_RMS = 400
_SPEECH_FRAMES, _SILENCE_FRAMES = 15, 8  # 300 ms make a turn, 160 ms end it


class Ear(AudioInput):
    """What the caller says."""

    def __init__(self) -> None:
        super().__init__(label="phone")
        self.frames: Any = utils.aio.Chan()

    async def __anext__(self) -> rtc.AudioFrame:
        """Wait for the next frame."""
        return await self.frames.__anext__()


class Mouth(AudioOutput):
    """Sends 20 ms at a time, on absolute deadlines."""

    def __init__(self, connection: ServerConnection, stream_sid: str) -> None:
        super().__init__(label="phone", capabilities=AudioOutputCapabilities(pause=False), sample_rate=_RATE_HZ)
        self._connection, self._stream_sid = connection, stream_sid
        self._waiting = bytearray()
        self._filled = asyncio.Event()
        self._whole = False
        self._taken = self._sent = 0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Queue sound."""
        await super().capture_frame(frame)
        if not self._taken:
            self.on_playback_started(created_at=time.time())
        self._waiting += bytes(frame.data)
        self._taken += 1
        self._filled.set()

    def flush(self) -> None:
        """The segment has all its sound."""
        super().flush()
        self._whole = True
        self._filled.set()

    def clear_buffer(self) -> None:
        """The caller cut in."""
        if self._taken:
            self._waiting.clear()
            self._finish(interrupted=True)

    async def run(self) -> None:
        """Play for as long as the call lasts."""
        loop = asyncio.get_running_loop()
        while True:
            await self._filled.wait()
            self._filled.clear()
            due_s = loop.time()
            while len(self._waiting) >= _FRAME_BYTES:
                pcm = np.frombuffer(bytes(self._waiting[:_FRAME_BYTES]), np.int16)
                del self._waiting[:_FRAME_BYTES]
                payload = base64.b64encode(mulaw_encode(pcm)).decode()
                message = {"event": "media", "streamSid": self._stream_sid, "media": {"payload": payload}}
                await self._connection.send(json.dumps(message))
                self._sent += 1
                due_s += FRAME_S
                await asyncio.sleep(max(0.0, due_s - loop.time()))
            if self._whole and self._taken:
                self._finish(interrupted=False)

    def _finish(self, *, interrupted: bool) -> None:
        played_s = self._sent * FRAME_S
        self._taken = self._sent = 0
        self._whole = False
        self.on_playback_finished(playback_position=played_s, interrupted=interrupted)


class InstantStt(agents_stt.STT):
    """A recogniser that knows the words as soon as the caller stops."""

    def __init__(self) -> None:
        super().__init__(capabilities=agents_stt.STTCapabilities(streaming=True, interim_results=False))

    async def _recognize_impl(self, *args: Any, **options: Any) -> Any:
        raise NotImplementedError

    def stream(self, *, language: Any = None, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS) -> Any:
        """Listen to one call."""
        return _SttStream(stt=self, conn_options=conn_options)


class _SttStream(agents_stt.RecognizeStream):
    async def _run(self) -> None:
        speech = silence = 0
        async for frame in self._input_ch:
            if not isinstance(frame, rtc.AudioFrame):
                continue
            samples = np.frombuffer(frame.data, np.int16).astype(np.float32)
            if float(np.dot(samples, samples)) > _LOUD_RMS**2 * len(samples):
                speech, silence = speech + 1, 0
            elif speech > _SPEECH_FRAMES:
                silence += 1
                if silence >= _SILENCE_FRAMES:
                    speech = silence = 0
                    words = agents_stt.SpeechData(text=WORDS, language=LanguageCode("en"))
                    final = agents_stt.SpeechEventType.FINAL_TRANSCRIPT
                    self._event_ch.send_nowait(agents_stt.SpeechEvent(type=final, alternatives=[words]))


class InstantLlm(agents_llm.LLM):
    """A language model that answers the same, word by word."""

    def chat(
        self, *, chat_ctx: Any, tools: Any = None, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS, **options: Any
    ) -> Any:
        """Answer."""
        return _LlmStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _LlmStream(agents_llm.LLMStream):
    async def _run(self) -> None:
        for word in " ".join(ANSWER).split(" "):
            delta = agents_llm.ChoiceDelta(role="assistant", content=word + " ")
            self._event_ch.send_nowait(agents_llm.ChatChunk(id="answer", delta=delta))


class InstantTts(agents_tts.TTS):
    """A voice that has every sentence ready."""

    def __init__(self) -> None:
        super().__init__(capabilities=agents_tts.TTSCapabilities(streaming=False), sample_rate=_RATE_HZ, num_channels=1)

    def synthesize(self, text: str, *, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS) -> Any:
        """Speak."""
        return _Speech(tts=self, input_text=text, conn_options=conn_options)


class _Speech(agents_tts.ChunkedStream):
    async def _run(self, output_emitter: Any) -> None:
        output_emitter.initialize(request_id="r", sample_rate=_RATE_HZ, num_channels=1, mime_type="audio/pcm")
        size = _RATE_HZ // 10 * 2
        for start in range(0, len(_SOUND), size):
            output_emitter.push(_SOUND[start : start + size])
        output_emitter.flush()


class _Server:
    """Takes calls; the detector's model is shared by all of them."""

    def __init__(self) -> None:
        self._vad = inference.VAD(model="silero", min_silence_duration=0.2)

    async def call(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            stream_sid = ""
            while not stream_sid:
                stream_sid = json.loads(await connection.recv()).get("streamSid", "")
            await self._talk(connection, stream_sid)

    async def _talk(self, connection: ServerConnection, stream_sid: str) -> None:
        session: AgentSession[None] = AgentSession(
            vad=self._vad,
            stt=InstantStt(),
            llm=InstantLlm(),
            tts=InstantTts(),
            aec_warmup_duration=None,
            user_away_timeout=None,
            turn_handling={"turn_detection": "vad", "endpointing": {"min_delay": 0.0, "max_delay": 1.0}},
        )
        ear, mouth = Ear(), Mouth(connection, stream_sid)
        session.input.audio, session.output.audio = ear, mouth
        playing = asyncio.ensure_future(mouth.run())
        await session.start(Agent(instructions="Help the caller to book a table."))
        try:
            async for pcm in _sound(connection):
                ear.frames.send_nowait(rtc.AudioFrame(pcm, _RATE_HZ, 1, len(pcm) // 2))
        finally:
            playing.cancel()
            await session.aclose()


async def _sound(connection: ServerConnection) -> AsyncIterator[bytes]:
    async for text in connection:
        message = json.loads(text)
        if message["event"] == "media":
            yield mulaw_decode(base64.b64decode(message["media"]["payload"])).tobytes()


async def _main() -> None:
    logging.disable(logging.CRITICAL)
    Meter().start()
    server = _Server()
    async with serve(server.call, "127.0.0.1", int(sys.argv[1]), compression=None) as listening:
        await listening.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main())
