"""Starts a server under measurement, ours or a peer's, in a process of its own, and asks it for its figures."""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.talk.spec import NodeSpec

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".tools" / "peers" / "venv" / "bin" / "python"
OURS = (sys.executable, "-m", "benchmarks.talk.node")
PIPECAT = (str(PEERS), "-m", "benchmarks.peers.pipecat_latency")
NOT_INSTALLED = "not installed: make bench-peers"
_START_S = 180.0


def peers_installed() -> bool:
    """Say whether the peers' environment is there."""
    return PEERS.exists()


class Server:
    """A running one."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self._process, self._port = process, port

    def url(self, flow: str = "default") -> str:
        """Return where to call."""
        return f"ws://127.0.0.1:{self._port}/ws?mode=flow&program_id={flow}"

    def figures(self) -> dict[str, Any]:
        """Ask it what it has noted since the last question."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def running(command: tuple[str, ...], spec: NodeSpec) -> Iterator[Server]:
    """Run a server on a free port until the block ends.

    Raises:
        RuntimeError: It did not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    told = json.dumps(asdict(replace(spec, port=port)))
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [*command, told], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
        ) as process,
    ):
        try:
            if not _started(process, port):
                said.seek(0)
                raise RuntimeError(f"the server under measurement did not start: {said.read().decode()[-1000:]}")
            yield Server(process, port)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _started(process: "subprocess.Popen[str]", port: int) -> bool:
    until_s = time.monotonic() + _START_S
    while time.monotonic() < until_s and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False
