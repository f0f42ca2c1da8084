import asyncio
from pathlib import Path

from control_api.health.database import AWAY, DatabaseProbe
from storage.engine import Database
from tests.support.set_clock import SetClock


async def test_a_database_that_answers_is_fine(database: Database) -> None:
    probe = DatabaseProbe(database, SetClock())
    await probe.ask()
    assert await probe.problem() is None


async def test_a_database_that_is_away_is_told_until_it_answers_again(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "antiphon.db"
    database = Database(f"sqlite:///{file}")
    file.parent.rmdir()
    probe = DatabaseProbe(database, SetClock())
    await probe.ask()
    assert await probe.problem() == AWAY
    file.parent.mkdir()
    assert await probe.problem() == AWAY
    await probe.ask()
    assert await probe.problem() is None
    await database.close()


async def test_a_server_that_is_away_is_told_without_its_address(postgres_address: str) -> None:
    database = Database(f"{postgres_address}/no_such_database")
    probe = DatabaseProbe(database, SetClock())
    await probe.ask()
    assert await probe.problem() == AWAY
    await database.close()


async def test_nobody_waits_for_a_database_that_hangs(tmp_path: Path) -> None:
    """A server that accepts connections and says nothing."""

    callers: list[asyncio.StreamWriter] = []

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer)

    deaf = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    database = Database(f"postgresql://nobody@127.0.0.1:{deaf.sockets[0].getsockname()[1]}/none")
    clock = SetClock()
    probe = DatabaseProbe(database, clock)
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(probe.run())
        await asyncio.sleep(0.2)
        assert await probe.problem() is None
        clock.passed_s = 2.1
        assert await probe.problem() == AWAY
        asking.cancel()
    await database.close()
    deaf.close()
    for each in callers:
        each.transport.abort()
    await deaf.wait_closed()
