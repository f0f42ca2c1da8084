"""A whole server in a process of its own, that takes money for calls and can be killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

START_S = 60.0  # the server loads its models, perhaps on a busy machine
RATE_CENTS = 60  # a cent a second
ADMIN = "admin-token-of-this-test"


@dataclass
class Server:
    """A server process."""

    process: asyncio.subprocess.Process
    origin: str

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def serving(data_dir: Path, **settings: str) -> AsyncIterator[Server]:
    """Run a server; what is written in `settings` counts more than what is usual here."""
    environment = os.environ | {
        "PORT": "0",
        "DATA_DIR": str(data_dir),
        "LOG_LEVEL": "error",
        "METER_TICK_S": "1",
        "RATE_PER_MINUTE_USD_CENTS": str(RATE_CENTS),
        "ADMIN_TOKEN": ADMIN,
        "RECORD": "false",
    }
    command = [sys.executable, "-m", "server.main", "serve"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment | settings)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            line = (await process.stdout.readline()).decode()
        yield Server(process, f"127.0.0.1:{line.strip().rstrip('/').rpartition(':')[2]}")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
