"""A PostgreSQL server of the tests' own: made in a temporary folder, reached on loopback, gone with the test run."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_MISSING = "These tests need PostgreSQL (15 or later): install it (Debian: apt-get install postgresql), or set PG_BIN."


def _program(name: str) -> str:
    folders = [os.environ.get("PG_BIN", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    found = shutil.which(name, path=os.pathsep.join(folders)) or shutil.which(name)
    if found is None:
        raise RuntimeError(_MISSING)
    return found


@contextmanager
def server() -> Iterator[str]:
    """Run a server with its files in memory-speed settings; yield its address without a database's name."""
    as_user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if as_user:
            owner = pwd.getpwnam(as_user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data = folder / "data"
        _run([_program("initdb"), "-D", str(data), "-U", "tests", "-A", "trust", "-N", "-E", "UTF8"], as_user, folder)
        port = _free_port()
        options = f"-p {port} -h 127.0.0.1 -k {folder} -F -c synchronous_commit=off -c max_connections=200"
        pg_ctl = _program("pg_ctl")
        _run(
            [pg_ctl, "-D", str(data), "-w", "-t", "60", "-l", str(folder / "log"), "-o", options, "start"],
            as_user,
            folder,
        )
        try:
            yield f"postgresql+psycopg://tests@127.0.0.1:{port}"
        finally:
            _run([pg_ctl, "-D", str(data), "-w", "-m", "immediate", "stop"], as_user, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def execute(address: str, statement: str) -> None:
    """Run one statement outside of a transaction, such as CREATE DATABASE."""
    with psycopg.connect(address.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


def _run(command: list[str], as_user: str | None, folder: Path) -> None:
    # Started as another user, so its paths must be absolute and its working folder readable.
    done = subprocess.run(command, user=as_user, cwd=folder, capture_output=True, text=True, check=False, timeout=90)
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port
