import re
import shlex
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def _steps() -> list[list[str]]:
    """Return the Dockerfile's instructions as words."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    return [shlex.split(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _stages() -> list[list[list[str]]]:
    stages: list[list[list[str]]] = []
    for step in _steps():
        if step[0] == "FROM":
            stages.append([])
        stages[-1].append(step)
    return stages


def _sources(stage: list[list[str]]) -> list[str]:
    copies = [step for step in stage if step[0] == "COPY" and not step[1].startswith("--from")]
    return [source for copy in copies for source in copy[1:-1]]


def test_everything_copied_exists_and_is_let_into_the_context() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in ignore if line.startswith("!")]
    for source in (source for stage in _stages() for source in _sources(stage)):
        assert (ROOT / source).exists(), source
        assert any(Path(source).is_relative_to(each) for each in allowed), source
    assert ignore[1] == "*"


def test_nothing_is_let_into_the_context_that_is_not_copied() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [Path(source) for stage in _stages() for source in _sources(stage)]
    for line in ignore:
        if line.startswith("!"):
            assert any(source.is_relative_to(line[1:]) for source in copied), line


def test_every_package_of_the_wheel_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= set(_sources(_stages()[1]))


def test_the_last_stage_runs_without_root_and_is_watched() -> None:
    last = _stages()[-1]
    words = [step[0] for step in last]
    assert {step[0]: step[1] for step in last if step[0] in ("USER", "STOPSIGNAL")} == {
        "USER": "antiphon",
        "STOPSIGNAL": "SIGTERM",
    }
    assert words.index("USER") < words.index("CMD")
    health = next(step for step in last if step[0] == "HEALTHCHECK")
    assert "/health" in " ".join(health)


def test_the_same_uv_is_used_as_in_the_makefile() -> None:
    version = re.search(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text())
    assert version is not None
    assert f"uv=={version[1]}" in (ROOT / "Dockerfile").read_text()
