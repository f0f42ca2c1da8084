"""What is compared: each column is a server process, the wire it is called on, and the loads to try."""

import importlib.metadata
import sys
from dataclasses import dataclass
from pathlib import Path

PEERS_PYTHON = Path(__file__).parents[2] / ".tools" / "peers" / "venv" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Column:
    """One server.

    Attributes:
        loads: Calls at once to try, rising; the climb stops where it fails.
        quick: The load of a quick run.
        module: Run with the port as its first argument.
        peer: Runs in the peers' environment.
    """

    name: str
    group: str
    wire: str
    module: str
    loads: tuple[int, ...]
    quick: int
    arguments: tuple[str, ...] = ()
    peer: bool = True

    def command(self, port: int) -> list[str]:
        """Return how to start it on `port`."""
        python = str(PEERS_PYTHON) if self.peer else sys.executable
        return [python, "-m", self.module, str(port), *self.arguments]


_PACKAGES = ("pipecat-ai", "livekit-agents", "picows", "websockets", "uvicorn", "uvloop", "onnxruntime", "numpy")
_NODE = "benchmarks.capacity.node"
_PEERS = "benchmarks.peers"
_OURS = (10, 40, 60, 80, 100, 125, 150)
_FLOOR = (50, 100, 200, 350, 500)

COLUMNS = (
    Column("antiphon, Twilio", "ours", "twilio", _NODE, _OURS, 25, peer=False),
    Column("antiphon, PVP", "ours", "pvp", _NODE, _OURS, 25, peer=False),
    Column("pipecat, stock", "pipecat", "twilio", f"{_PEERS}.pipecat_bot", (1, 2, 4, 6, 8, 10), 4, ("stock",)),
    Column("pipecat, tuned", "pipecat", "twilio", f"{_PEERS}.pipecat_bot", (1, 4, 8, 12, 16, 20), 8, ("tuned",)),
    Column("livekit-agents", "livekit", "twilio", f"{_PEERS}.livekit_bot", (1, 10, 20, 30, 40, 50), 10),
    Column("bare echo, uvicorn", "floor", "twilio", f"{_PEERS}.echo_uvicorn", _FLOOR, 100),
    Column("bare echo, websockets", "floor", "twilio", f"{_PEERS}.echo_websockets", _FLOOR, 100),
    Column("bare echo, picows", "floor", "twilio", f"{_PEERS}.echo_picows", _FLOOR, 100),
)


def peers_versions() -> dict[str, str]:
    """Return what is installed in the peers' environment, of what matters here."""
    folders = [str(each) for each in PEERS_PYTHON.parents[1].glob("lib/python*/site-packages")]
    found = {each.name: each.version for each in importlib.metadata.distributions(path=folders)}
    return {name: found[name] for name in _PACKAGES if name in found}


def chosen(groups: frozenset[str], wires: frozenset[str]) -> tuple[Column, ...]:
    """Return the columns of these groups and wires."""
    return tuple(each for each in COLUMNS if each.group in groups and each.wire in wires)
