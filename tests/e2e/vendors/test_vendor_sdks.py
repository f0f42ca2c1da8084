"""The vendors' own SDKs, as their users use them, against our stand-ins: every field they read is there."""

import asyncio
from typing import Any

import anthropic
import httpx
import openai
import pytest
from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.transport import restore_transport
from pydantic import BaseModel

from tests.support.vendors.anthropic import AnthropicServer
from tests.support.vendors.deepgram import STT_MODELS, VOICE, DeepgramSpeakServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import MODELS, OpenAiServer

SOUND = b"\x00\x10" * 320  # 20 ms at 16 kHz
QUIET = bytes(640)


def missing_fields(message: BaseModel) -> list[str]:
    """Return what the SDK's type requires and the message does not hold; the SDK itself does not look."""
    model = type(message)
    missing = [name for name, field in model.model_fields.items() if field.is_required() and not hasattr(message, name)]
    for value in vars(message).values():
        values = value if isinstance(value, list) else [value]
        missing += [name for each in values if isinstance(each, BaseModel) for name in missing_fields(each)]
    return missing


def deepgram(http_url: str = "", ws_url: str = "", http: httpx.AsyncClient | None = None) -> AsyncDeepgramClient:
    environment = DeepgramClientEnvironment(base=http_url, production=ws_url, agent=ws_url, agent_rest=http_url)
    return AsyncDeepgramClient(api_key=KEY, environment=environment, httpx_client=http)


async def test_openai() -> None:
    async with OpenAiServer().running() as server:
        client = openai.AsyncOpenAI(base_url=server.base_url, api_key=KEY, max_retries=0)
        async with client:
            asked: Any = {"role": "user", "content": "hi"}
            said = ""
            usage = None
            stream = await client.chat.completions.create(
                model="gpt-test", messages=[asked], stream=True, stream_options={"include_usage": True}
            )
            async for chunk in stream:
                assert missing_fields(chunk) == []
                usage = chunk.usage or usage
                said += "".join(choice.delta.content or "" for choice in chunk.choices)
            assert said == "Good morning. What is it?"
            assert usage is not None
            assert usage.total_tokens == 28
            speech = client.audio.speech.with_streaming_response.create(
                model="tts-test", voice="alloy", input="Hello.", response_format="pcm"
            )
            async with speech as response:
                assert len(await response.read()) == 2 * round(6 * 0.05 * 24_000)
            heard = await client.audio.transcriptions.create(model="whisper-test", file=("a.wav", b"RIFF"))
            assert heard.text == "hello there"
            assert [model.id async for model in client.models.list()] == list(MODELS)


async def test_anthropic() -> None:
    async with AnthropicServer().running() as server:
        client = anthropic.AsyncAnthropic(base_url=server.url, api_key=KEY, max_retries=0)
        async with client:
            asked: Any = {"role": "user", "content": "hi"}
            async with client.messages.stream(model="claude-test", max_tokens=99, messages=[asked]) as stream:
                assert "".join([text async for text in stream.text_stream]) == "Good morning. What is it?"
                whole = await stream.get_final_message()
            assert missing_fields(whole) == []
            assert (whole.stop_reason, whole.usage.input_tokens, whole.usage.output_tokens) == ("end_turn", 21, 7)
            tool: Any = {"name": "weather", "input_schema": {"type": "object", "required": ["city"]}}
            message = await client.messages.stream(
                model="claude-test", max_tokens=99, messages=[asked], tools=[tool]
            ).__aenter__()
            (block,) = (await message.get_final_message()).content
            assert isinstance(block, anthropic.types.ToolUseBlock)
            assert block.input == {"city": "Oslo"}
            assert [model.id async for model in client.models.list()] == ["claude-test"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_deepgram_speaks_and_lists_models() -> None:
    async with DeepgramSpeakServer().running() as server, httpx.AsyncClient() as http:
        client = deepgram(server.url, http=http)
        audio = client.speak.v1.audio.generate(
            text="Hello.", model=VOICE, encoding="linear16", container="none", sample_rate=8000
        )
        assert len(b"".join([chunk async for chunk in audio])) == 2 * round(6 * 0.05 * 8000)
        models = await client.manage.v1.models.list()
        assert missing_fields(models) == []
        assert [model.canonical_name for model in models.stt or ()] == list(STT_MODELS)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its default transport is websockets.legacy
async def test_deepgram_nova() -> None:
    restore_transport()
    async with DeepgramListenServer(["Hello there."]).running() as server:
        client = deepgram(ws_url=server.url)
        listening = client.listen.v1.connect(
            model="nova-3", encoding="linear16", sample_rate=16_000, interim_results=True
        )
        async with listening as socket:
            for _ in range(25):
                await socket.send_media(SOUND)
            await socket.send_finalize()
            results: list[Any] = []
            while not results or not results[-1].is_final:
                message: Any = await asyncio.wait_for(socket.recv(), 2)
                assert missing_fields(message) == []
                results.append(message)
            assert [r.channel.alternatives[0].transcript for r in results] == ["Hello", "Hello there."]
            assert results[-1].from_finalize
            await socket.send_close_stream()
            assert (await asyncio.wait_for(socket.recv(), 2)).type == "Metadata"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_deepgram_flux() -> None:
    restore_transport()
    async with DeepgramListenServer(["Hello there."]).running() as server:
        client = deepgram(ws_url=server.url)
        listening = client.listen.v2.connect(
            model="flux-general-en", encoding="linear16", sample_rate=16_000, eager_eot_threshold="0.4"
        )
        async with listening as socket:
            for pcm in [SOUND] * 25 + [QUIET] * 20 + [SOUND] * 5 + [QUIET] * 45:
                await socket.send_media(pcm)
            events: list[str] = []
            while "EndOfTurn" not in events:
                message: Any = await asyncio.wait_for(socket.recv(), 2)
                assert missing_fields(message) == []
                events.append(getattr(message, "event", message.type))
            assert [event for event in events if event != "Update"] == [
                "Connected",
                "StartOfTurn",
                "EagerEndOfTurn",
                "TurnResumed",
                "EagerEndOfTurn",
                "EndOfTurn",
            ]
