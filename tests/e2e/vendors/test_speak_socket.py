"""Whether Deepgram's speaking socket would answer sooner after an interruption than kept HTTP connections do.

To connect takes 80 ms, as over a network; times are ratios of that, not figures.
"""

import asyncio
import statistics
from collections.abc import Awaitable, Callable

from deepgram.speak.v1.types import SpeakV1Text

from providers.deepgram.sdk import sdk_client
from providers.deepgram.tts import DeepgramTts
from tests.e2e.vendors.test_vendor_sdks import missing_fields
from tests.support.vendors.deepgram import VOICE, DeepgramSpeakServer
from tests.support.vendors.deepgram_speak import DeepgramSpeakSocket
from tests.support.vendors.http import KEY

HANDSHAKE_S = 0.08
SENTENCE = "Good morning, and welcome to the harbour office."
ROUNDS = 5


async def _first_sound_s(tts: DeepgramTts) -> float:
    """Speak, be cut off after the first sound, and tell how long that took to come."""
    began_s = asyncio.get_running_loop().time()
    sound = tts.stream(SENTENCE)
    await anext(sound)
    first_s = asyncio.get_running_loop().time() - began_s
    await sound.aclose()
    assert asyncio.get_running_loop().time() - began_s - first_s < 0.05, "cancelled at once"
    return first_s


async def _over_http(between: Callable[[DeepgramTts], Awaitable[None]]) -> tuple[float, int]:
    async with DeepgramSpeakServer().running() as server:
        server.handshake_s = HANDSHAKE_S
        tts = DeepgramTts(api_key=KEY, base_url=server.url)
        await tts.warm()
        times_s = []
        for _ in range(ROUNDS):
            times_s.append(await _first_sound_s(tts))
            await between(tts)  # the caller speaks
        await tts.aclose()
        return statistics.median(times_s[1:]), server.accepted


async def _over_socket() -> tuple[float, float]:
    async with DeepgramSpeakSocket().running() as server:
        client = sdk_client(KEY, server.url.replace("ws", "http"))
        connecting = client.speak.v1.connect(model=VOICE, encoding="linear16", sample_rate="24000")
        async with connecting as socket:
            loop = asyncio.get_running_loop()
            first_s, cleared_s = [], []
            for _ in range(ROUNDS):
                began_s = loop.time()
                await socket.send_text(SpeakV1Text(type="Speak", text=SENTENCE))
                await socket.send_flush()
                while not isinstance(message := await socket.recv(), bytes):
                    assert missing_fields(message) == []
                first_s.append(loop.time() - began_s)
                await socket.send_clear()
                while isinstance(message := await socket.recv(), bytes):
                    pass
                assert message.type == "Cleared"
                cleared_s.append(loop.time() - began_s - first_s[-1])
        return statistics.median(first_s[1:]), statistics.median(cleared_s)


async def test_a_connection_opened_while_the_caller_speaks_is_as_quick_as_a_socket_that_is_kept() -> None:
    async def nothing(_tts: DeepgramTts) -> None:
        await asyncio.sleep(0)

    cold_s, opened = await _over_http(nothing)
    warm_s, _ = await _over_http(DeepgramTts.warm)
    socket_s, cleared_s = await _over_socket()
    assert opened == ROUNDS, "an answer that is cut off costs its connection"
    assert cold_s > HANDSHAKE_S
    assert warm_s < HANDSHAKE_S / 2
    assert socket_s < HANDSHAKE_S / 2
    assert abs(warm_s - socket_s) < HANDSHAKE_S / 4, "the socket brings nothing"
    assert cleared_s < 0.05
