from pathlib import Path

import pytest

from control_api.flows import stored
from control_api.flows.checking import checked
from control_api.principal import LOCAL, LOCAL_ACCOUNT_ID, SCOPES, Kind, Principal, Role
from kit.errors import NotFoundError
from server.account_flows import AccountFlows
from server.flow_store import FlowStore
from storage.engine import EVERY_TENANT, Database
from storage.tables.account import Account
from tests.support.set_clock import START

ADA = Principal("ada", Kind.USER, frozenset(SCOPES), Role.ADMIN)
BOB = Principal("bob", Kind.USER, frozenset(SCOPES), Role.ADMIN)


def _text(flow_id: str, says: str = "Hello.", extra: str = "") -> str:
    return f"id: {flow_id}\ninitial_state: a\nstates:\n  a:\n    say: {says}\n    {extra}\n"


CALLER = "id: caller\ninitial_state: a\nstates:\n  a:\n    call: {flow: called, then: b}\n  b:\n    say: Bye.\n"


async def _keep(database: Database, who: Principal, text: str) -> str:
    document = await checked(text)
    async with database.writing(who.account_id) as session:
        return (await stored.create(session, who, document.document_id, document, START)).flow.id


@pytest.fixture
async def flows(database: Database, tmp_path: Path) -> AccountFlows:
    """Two accounts without flows, this machine's account, and a folder with `example.yaml`."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "example.yaml").write_text(_text("example_id"))
    async with database.writing(EVERY_TENANT) as session:
        session.add_all([Account(id=each, name=each, created_at=START) for each in ("ada", "bob", LOCAL_ACCOUNT_ID)])
    return AccountFlows(database, FlowStore(tmp_path / "flows"))


async def _pin(database: Database, flows: AccountFlows, account_id: str, name: str) -> str | None:
    async with database.reading(account_id) as session:
        return await flows.pin(session, account_id, name)


@pytest.mark.parametrize("by_document", [False, True])
async def test_a_flow_is_found_by_its_id_and_by_its_documents(
    database: Database, flows: AccountFlows, by_document: bool
) -> None:
    flow_id = await _keep(database, ADA, _text("greet"))
    name = "greet" if by_document else flow_id
    pinned = await _pin(database, flows, "ada", name)
    assert pinned is not None
    assert (await flows.flow("ada", name, pinned)).id == (await flows.flow("ada", name)).id == "greet"


async def test_a_pinned_version_stays_what_it_was(database: Database, flows: AccountFlows) -> None:
    flow_id = await _keep(database, ADA, _text("greet"))
    pinned = await _pin(database, flows, "ada", flow_id)
    async with database.writing("ada") as session:
        change = stored.Change(document=await checked(_text("greet", "Good day.")))
        await stored.change(session, ADA, flow_id, change, START)
    assert (await flows.flow("ada", flow_id, pinned)).states["a"].say == ("Hello.",)
    assert (await flows.flow("ada", flow_id)).states["a"].say == ("Good day.",)


async def test_nobody_finds_the_flow_of_another_account(database: Database, flows: AccountFlows) -> None:
    flow_id = await _keep(database, ADA, _text("greet"))
    pinned = await _pin(database, flows, "ada", flow_id)
    for name in (flow_id, "greet"):
        with pytest.raises(NotFoundError, match="Flow not found"):
            await _pin(database, flows, "bob", name)
        with pytest.raises(NotFoundError, match="Flow not found"):
            await flows.flow("bob", name)
    with pytest.raises(NotFoundError, match="Flow not found"):
        await flows.flow("bob", flow_id, pinned)


async def test_the_folder_is_for_who_sits_at_this_machine(database: Database, flows: AccountFlows) -> None:
    assert await _pin(database, flows, LOCAL_ACCOUNT_ID, "example") is None
    assert (await flows.flow(LOCAL_ACCOUNT_ID, "example")).id == "example_id"
    assert (await flows.flow(None, "example_id")).id == "example_id"
    with pytest.raises(NotFoundError):
        await _pin(database, flows, "ada", "example")
    with pytest.raises(NotFoundError):
        await flows.flow("ada", "example")


async def test_who_sits_at_this_machine_may_keep_flows_too(database: Database, flows: AccountFlows) -> None:
    flow_id = await _keep(database, LOCAL, _text("example", "My own."))
    assert (await flows.flow(LOCAL_ACCOUNT_ID, "example")).states["a"].say == ("My own.",)
    assert (await flows.flow(LOCAL_ACCOUNT_ID, flow_id)).id == "example"


async def test_a_flow_finds_those_that_it_calls_among_the_accounts_own(database: Database, flows: AccountFlows) -> None:
    await _keep(database, BOB, _text("called", "Not mine."))
    flow_id = await _keep(database, ADA, CALLER)
    assert dict((await flows.flow("ada", flow_id)).library) == {}
    await _keep(database, ADA, _text("called"))
    assert (await flows.flow("ada", flow_id)).library["called"].states["a"].say == ("Hello.",)


async def test_flows_that_call_each_other_are_found_once(database: Database, flows: AccountFlows) -> None:
    flow_id = await _keep(database, ADA, CALLER)
    await _keep(database, ADA, CALLER.replace("called", "caller").replace("id: caller", "id: called", 1))
    assert sorted((await flows.flow("ada", flow_id)).library) == ["called", "caller"]


async def test_a_deleted_flow_is_not_found_even_if_it_was_pinned(database: Database, flows: AccountFlows) -> None:
    flow_id = await _keep(database, ADA, _text("greet"))
    pinned = await _pin(database, flows, "ada", flow_id)
    async with database.writing("ada") as session:
        await stored.remove(session, flow_id)
    with pytest.raises(NotFoundError):
        await flows.flow("ada", flow_id, pinned)
