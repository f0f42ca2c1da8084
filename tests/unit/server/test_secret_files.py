from pathlib import Path

import pytest
from pydantic import SecretStr

from kit.errors import ConfigError
from server.secret_files import secret


def test_the_first_run_makes_a_secret_and_the_next_finds_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "jwt.secret"
    made = secret(None, file)
    assert len(made) >= 32
    assert secret(None, file) == made
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["jwt.secret"]
    assert secret(None, tmp_path / "other.secret") != made


def test_what_the_operator_set_wins_and_no_file_is_made(tmp_path: Path) -> None:
    assert secret(SecretStr("o" * 32), tmp_path / "jwt.secret") == b"o" * 32
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "jwt.secret"
    secret(None, file)
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        secret(None, file)


def test_a_file_with_too_little_in_it_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "jwt.secret"
    file.touch(0o600)
    file.write_text("short")
    with pytest.raises(ConfigError, match="less than 32"):
        secret(None, file)
