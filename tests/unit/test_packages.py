"""Our package names are common words: these must be ours, and nobody else's."""

import importlib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "benchmarks",
    "control_api",
    "flows",
    "kit",
    "pipeline",
    "providers",
    "server",
    "telephony",
    "tests",
    "transports",
)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_is_the_one_of_this_repository(name: str) -> None:
    package = importlib.import_module(name)
    assert package.__file__ is not None
    assert Path(package.__file__).parent == ROOT / name
    assert package.__doc__ or name == "tests", "its docstring says which file to open first"


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_brings_a_package_of_that_name(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"antiphon"}


def test_every_folder_with_code_is_a_package() -> None:
    missing = [
        folder.relative_to(ROOT)
        for name in PACKAGES
        for folder in (ROOT / name).rglob("*")
        if folder.is_dir() and any(folder.glob("*.py")) and not (folder / "__init__.py").exists()
    ]
    assert missing == []
