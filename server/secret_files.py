"""Secrets of this installation: the operator's, or made on the first run and kept for their owner's eyes only."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from kit.errors import ConfigError

_BYTES = 32


def secret(setting: SecretStr | None, file: Path) -> bytes:
    """Return the secret that the operator set, else the one in `file`, which is made if it is missing.

    Raises:
        ConfigError: Others can read the file, or it holds too little.
    """
    if setting is not None:
        return setting.get_secret_value().encode()
    text = _kept(file, lambda: f"{secrets.token_urlsafe(_BYTES)}\n".encode()).strip()
    if len(text) < _BYTES:
        raise ConfigError(f"{file} holds less than {_BYTES} characters: delete it, and a new one is made.")
    return text


def kept_key(file: Path, new_key: Callable[[], bytes]) -> bytes:
    """Return the key in `file`, which is made if it is missing.

    Raises:
        ConfigError: Others can read the file.
    """
    return _kept(file, new_key)


def _kept(file: Path, new: Callable[[], bytes]) -> bytes:
    if not file.exists():
        _make(file, new())
    if file.stat().st_mode & 0o077:
        raise ConfigError(f"Others can read {file}: change its secret, or allow it only to its owner (chmod 600).")
    return file.read_bytes()


def _make(file: Path, content: bytes) -> None:
    """Write a new secret; of several processes that start together, one wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as writer:
        writer.write(content)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
