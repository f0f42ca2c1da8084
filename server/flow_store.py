"""The flows of a folder, read again when a file changes; a running call keeps the version it began with."""

import dataclasses
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from control_api.ports import FlowSummary
from flows.document import to_json
from flows.graph import graph
from flows.load import load
from flows.model import Flow
from kit.errors import InputError, NotFoundError

MAX_FLOW_BYTES = 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")

log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class StoredFlow:
    """One version of one file: its flow, or what is wrong with it."""

    stamp: tuple[int, int]
    text: str
    flow: Flow | None
    error: InputError | None = None


class FlowStore:
    """Find flows by file stem or by id. Its methods read files: call them in a worker thread."""

    def __init__(self, flows_dir: Path) -> None:
        self.on_loaded: Callable[[Flow], None] | None = None  # called in a worker thread with each new version
        self._flows_dir = flows_dir
        self._stored: dict[str, StoredFlow] = {}
        self._lock = threading.Lock()

    def names(self) -> Sequence[str]:
        """Return the stems of all flow files, sorted, broken ones too."""
        if not self._flows_dir.is_dir():
            return []
        return sorted(file.stem for file in self._flows_dir.glob("*.yaml") if _NAME.fullmatch(file.stem))

    def flow(self, name: str) -> Flow:
        """Return the newest version of a flow.

        Raises:
            NotFoundError: `flow.not_found`.
            InputError: The file is broken; see `flows.load`.
        """
        flow = self._find(name)[1].flow
        assert flow is not None
        if not any(state.call for state in flow.states.values()):
            return flow
        return dataclasses.replace(flow, library=self._library())

    def summaries(self) -> Sequence[FlowSummary]:
        """Return the flows that can be called, sorted by name."""
        return [
            FlowSummary(name, stored.flow.id, stored.flow.title, stored.flow.description, len(stored.flow.states))
            for name, stored in self._all()
            if stored.flow is not None
        ]

    def problems(self) -> Mapping[str, InputError]:
        """Return what is wrong with each broken file, by its stem."""
        return {name: stored.error for name, stored in self._all() if stored.error is not None}

    def document(self, name: str) -> Mapping[str, Any]:
        """Return a flow's document as JSON values; errors as `flow`."""
        return to_json(self._find(name)[1].text)

    def graph(self, name: str) -> Mapping[str, Any]:
        """Return a flow's states and transitions as JSON values; errors as `flow`."""
        flow = self.flow(name)
        return {"flow_id": flow.id, "initial_state": flow.initial_state} | dataclasses.asdict(graph(flow))

    def _library(self) -> Mapping[str, Flow]:
        """Return all flows as they are now, by stem and id, each with and without its version."""
        library: dict[str, Flow] = {}
        for stem, stored in self._all():
            if stored.flow is not None:
                for key in (stem, stored.flow.id):
                    library[key] = library[f"{key}@{stored.flow.version}"] = stored.flow
        return library

    def _find(self, name: str) -> tuple[str, StoredFlow]:
        if _NAME.fullmatch(name):
            stored = self._read(name) or next(
                (each for _, each in self._all() if each.flow and each.flow.id == name), None
            )
            if stored is not None and stored.error is not None:
                raise stored.error
            if stored is not None:
                return name, stored
        raise NotFoundError(f"Flow '{name[:100]}' not found.", code="flow.not_found")

    def _all(self) -> Iterator[tuple[str, StoredFlow]]:
        for name in self.names():
            stored = self._read(name)
            if stored is not None:
                yield name, stored

    def _read(self, name: str) -> StoredFlow | None:
        file = self._flows_dir / f"{name}.yaml"
        with self._lock:
            try:
                stat = file.stat()
                stamp = (stat.st_mtime_ns, stat.st_size)
                known = self._stored.get(name)
                if known is None or known.stamp != stamp:
                    self._stored[name] = known = _parse(file, stamp)
                    if known.flow is not None and self.on_loaded is not None:
                        self.on_loaded(known.flow)
            except FileNotFoundError:
                self._stored.pop(name, None)
            return self._stored.get(name)


def _parse(file: Path, stamp: tuple[int, int]) -> StoredFlow:
    if stamp[1] > MAX_FLOW_BYTES:
        error = InputError(f"A flow has at most {MAX_FLOW_BYTES} bytes.", code="flow.invalid")
        return StoredFlow(stamp, "", None, error)
    try:
        text = file.read_text(encoding="utf-8")
        return StoredFlow(stamp, text, load(text))
    except UnicodeDecodeError:
        return StoredFlow(stamp, "", None, InputError("A flow is UTF-8 text.", code="flow.invalid"))
    except InputError as error:
        log.warning("flow_broken", flow=file.stem, code=error.code)
        return StoredFlow(stamp, "", None, error)
