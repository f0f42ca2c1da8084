import pytest

from control_api.agents import service
from control_api.agents.checking import Checks
from control_api.calls.placing import CallWish
from control_api.catalogue.rows import catalogue
from control_api.lines import service as lines
from control_api.principal import SCOPES, Kind, Principal, Role
from kit.errors import NotFoundError
from server.media_tickets import StoredTickets
from server.phone_lines import StoredLines
from server.phones import IntentTickets
from storage.engine import Database
from storage.repositories import phone_lines
from telephony.ports import IncomingCall
from tests.support.accounts import NOW, add_accounts
from tests.support.calling_lab import CALLEE, LINE_NUMBER, CallingLab
from tests.support.control_lab import PlainNoises

ADA = Principal("ada", Kind.USER, frozenset(SCOPES), Role.ADMIN, user_id="u")


async def _agent(database: Database) -> str:
    await add_accounts(database, "ada", "bob")
    async with database.writing("ada") as session:
        return (
            await service.create(session, ADA, {"agent": {"name": "a"}}, Checks(catalogue(), PlainNoises()), NOW)
        ).id


async def test_a_call_to_a_mapped_line_reaches_its_agent(database: Database) -> None:
    agent_id, lab = await _agent(database), CallingLab(database)
    line_id = await lab.add_line("ada", flow_id=None)
    stored = StoredLines(database, lab.vault)
    line = await stored.by_id(line_id)
    assert line is not None
    call = IncomingCall("CA1", CALLEE, LINE_NUMBER)
    assert await stored.admit(line, call) is None
    async with database.writing("ada") as session:
        row = await phone_lines.by_id(session, line_id)
        assert row is not None
        await lines.lead_to_agent(session, row, agent_id, NOW)
    admitted = await stored.admit(line, call)
    assert admitted is not None
    assert (admitted.request.agent_id, admitted.request.flow) == (agent_id, None)
    tickets = StoredTickets(database, lab.clock)
    redeemed = await tickets.redeem(await tickets.mint(admitted))
    assert redeemed.request.agent_id == agent_id


async def test_a_line_leads_to_no_agent_of_another_account(database: Database) -> None:
    agent_id, lab = await _agent(database), CallingLab(database)
    line_id = await lab.add_line("bob", flow_id=None)
    async with database.writing("bob") as session:
        row = await phone_lines.by_id(session, line_id)
        assert row is not None
        with pytest.raises(NotFoundError):
            await lines.lead_to_agent(session, row, agent_id, NOW)


async def test_a_call_that_was_asked_for_carries_its_agent_and_values_to_the_socket(database: Database) -> None:
    agent_id, lab = await _agent(database), CallingLab(database)
    line_id = await lab.add_line("ada", flow_id=None)
    admitted = await lab.placer.admit("ada", CallWish(CALLEE, line_id, variables={"name": "Ada"}, agent_id=agent_id))
    assert admitted.line is not None
    tickets = StoredTickets(database, lab.clock)
    token = await IntentTickets(tickets).mint(admitted.intent, admitted.line, 60.0)
    request = (await tickets.redeem(token)).request
    assert (request.agent_id, request.flow, dict(request.context)) == (agent_id, None, {"name": "Ada"})
    assert request.call_id == admitted.intent.id
