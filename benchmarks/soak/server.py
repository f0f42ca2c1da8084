"""The real server, with a window: each line on standard input is answered with what it holds.

`python -m benchmarks.soak.server PORT FLOWS_DIR DATA_DIR MAX_CALLS`
"""

import asyncio
import contextlib
import gc
import json
import os
import sys
import threading
from pathlib import Path

import psutil
import uvicorn

from server import logging
from server.drain import config_of
from server.settings import load_settings
from server.wiring import build
from transports.live import LiveCalls


async def main() -> None:
    """Serve until standard input closes."""
    port, flows_dir, data_dir, max_calls = sys.argv[1:5]
    settings = load_settings(
        port=int(port), flows_dir=Path(flows_dir), data_dir=Path(data_dir), max_calls=int(max_calls), local_llm=False
    )
    logging.configure("error", as_json=True)
    live = LiveCalls()
    server = uvicorn.Server(config_of(build(settings, live)))
    server.config.port = settings.port
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while await reader.readline():
            print(json.dumps(held(live)), flush=True)
        server.should_exit = True


def held(live: LiveCalls) -> dict[str, float]:
    """Return what this process holds now."""
    gc.collect()  # what is only waiting to be collected is no leak
    process = psutil.Process(os.getpid())
    return {
        "rss_mb": process.memory_info().rss / 2**20,
        "descriptors": len(_descriptors(process.pid)),
        "threads": len([thread for thread in threading.enumerate() if not _is_pooled(thread.name)]),
        "tasks": len(asyncio.all_tasks()),
        "live_calls": len(live),
    }


def _is_pooled(thread: str) -> bool:
    """Say whether a thread is one of those whose number has a limit: the loop's executor, SQLite's connections."""
    return thread.startswith("asyncio_") or "_connection_worker_thread" in thread


def _descriptors(pid: int) -> list[str]:
    """Return what is open, without the connections of the database's pool."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            found.append(str(link.readlink()))
    return [to for to in found if not to.endswith((".db", ".db-wal", ".db-shm"))]


if __name__ == "__main__":
    asyncio.run(main())
