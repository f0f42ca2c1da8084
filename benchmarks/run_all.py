"""`python -m benchmarks.run_all [--quick]`: every benchmark of bounded time, one after the other, then the report."""

import subprocess
import sys
import time
from pathlib import Path

import click

from benchmarks.write_report import RESULTS, read_results, write

QUICK_RESULTS = RESULTS / "quick"
_FULL: dict[str, tuple[str, ...]] = {
    "first_call": ("--runs", "3", "--calls", "3"),
    "flow": (),
    "capacity": ("--seconds", "5", "--calls", "4,10,20,40,75,110"),
    "webrtc": (),
    "latency": (),
    "bargein": (),
    "providers": (),
}
_QUICK: dict[str, tuple[str, ...]] = {
    "first_call": ("--quick", "--flow", "survey"),
    "flow": ("--quick",),
    "capacity": ("--quick",),
    "webrtc": ("--quick",),
    "latency": ("--quick",),
    "bargein": ("--quick",),
    "providers": ("--quick",),
}


@click.command()
@click.option("--quick", is_flag=True, help="A few minutes in all; into a folder of its own, not among the results.")
@click.option("--only", multiple=True, type=click.Choice(list(_FULL)), help="Only these.")
def main(quick: bool, only: tuple[str, ...]) -> None:
    """Run the benchmarks; exit code 1 if one of them broke."""
    folder = QUICK_RESULTS if quick else RESULTS
    began_s = time.monotonic()
    broken = [
        name
        for name, options in (_QUICK if quick else _FULL).items()
        if (not only or name in only) and not _ran(name, options, folder)
    ]
    print(f"\n{write(read_results(folder), folder)}, {_minutes(began_s)} in all")
    if broken:
        sys.exit(f"broken: {', '.join(broken)}")


def _ran(name: str, options: tuple[str, ...], folder: Path) -> bool:
    began_s = time.monotonic()
    print(f"\n== {name} ==", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *options, "--json", str(folder / f"{name}.json")]
    code = subprocess.run(command, check=False).returncode
    print(f"== {name}: {_minutes(began_s)} ==", flush=True)
    return code == 0


def _minutes(since_s: float) -> str:
    return f"{(time.monotonic() - since_s) / 60:.1f} minutes"


if __name__ == "__main__":
    main()
