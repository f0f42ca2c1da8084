"""What every measurement says beside its figures: the machine, the versions, and a table that people can read."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

_PACKAGES = ("antiphon", "numpy", "onnxruntime", "ctranslate2", "hibari-tts", "uvicorn", "websockets")


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor, cores, load at the start, versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_1_min": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def percentiles(values: Sequence[float]) -> dict[str, float | int | None]:
    """Return p50, p95, p99 and the number of samples; None where there are none."""
    if not values:
        return {"p50": None, "p95": None, "p99": None, "samples": 0}
    p50, p95, p99 = (round(float(value), 1) for value in np.percentile(values, (50, 95, 99)))
    return {"p50": p50, "p95": p95, "p99": p99, "samples": len(values)}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Lay out rows of the same keys as a Markdown table, columns aligned."""
    if not rows:
        return "(nothing was measured)"
    head = list(rows[0])
    cells = [head, *([_cell(row[key]) for key in head] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def write_json(path: Path, body: Mapping[str, Any]) -> None:
    """Write `body`, with the machine, where others can compare."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), **body}, indent=2) + "\n", encoding="utf-8")


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
