from pathlib import Path

from control_api.health.database import DatabaseProbe
from storage.engine import Database
from tests.support.set_clock import SetClock


async def test_a_database_that_answers_is_fine(database: Database) -> None:
    assert await DatabaseProbe(database, SetClock()).problem() is None


async def test_a_database_that_is_away_is_told_and_asked_again_after_a_second(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "antiphon.db"
    database, clock = Database(f"sqlite:///{file}"), SetClock()
    file.parent.rmdir()
    probe = DatabaseProbe(database, clock)
    assert await probe.problem() == "The database does not answer."
    file.parent.mkdir()
    clock.passed_s = 0.9
    assert await probe.problem() == "The database does not answer."
    clock.passed_s = 1.0
    assert await probe.problem() is None
    await database.close()


async def test_a_server_that_is_away_is_told_without_its_address(postgres_address: str) -> None:
    database = Database(f"{postgres_address}/no_such_database")
    assert await DatabaseProbe(database, SetClock()).problem() == "The database does not answer."
    await database.close()
