"""The vendors' stand-ins in a process of their own: prints their addresses, ends with its input."""

import asyncio
import json
import sys
from contextlib import AsyncExitStack

from tests.support.vendors.cartesia import CartesiaServer
from tests.support.vendors.deepgram import DeepgramSpeakServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
from tests.support.vendors.openai import OpenAiServer


async def main() -> None:
    """Serve."""
    async with AsyncExitStack() as stack:
        addresses = {
            "cartesia": (await stack.enter_async_context(CartesiaServer().running())).url,
            "speak": (await stack.enter_async_context(DeepgramSpeakServer().running())).url,
            "listen": (await stack.enter_async_context(DeepgramListenServer().running())).url,
            "openai": (await stack.enter_async_context(OpenAiServer().running())).base_url,
        }
        print(json.dumps(addresses), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
