"""`python -m storage.migrations.write MESSAGE`: write the step from the migrations so far to the tables as they are."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic import command

from storage import schema
from storage.engine import Database


async def _write(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'empty.db'}")
        try:
            await schema.upgrade(database)
            async with database.connection() as connection:
                await connection.run_sync(_revise, message)
        finally:
            await database.close()


def _revise(connection: Any, message: str) -> None:
    number = len(list(schema.MIGRATIONS.glob("versions/[0-9]*.py"))) + 1
    script = command.revision(schema.config(connection), message, autogenerate=True, rev_id=f"{number:04d}")
    assert script is not None
    assert not isinstance(script, list), "one head, one step"
    path = Path(script.path)
    lines = [line for line in path.read_text().splitlines(keepends=True) if not line.strip().startswith("# ###")]
    path.write_text("".join(lines))
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", script.path], check=True)


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1]))
