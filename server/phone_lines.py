"""Lead carriers to the lines of all accounts (docs/adr/0022)."""

from collections.abc import Sequence

import structlog

from control_api.lines import service
from control_api.providers.vault import Vault
from kit.errors import InputError
from kit.ids import uuid7
from kit.phone_calls import LineAccess
from kit.phone_numbers import e164
from storage.engine import EVERY_TENANT, Database
from storage.repositories import phone_lines
from storage.tables.phone_line import PhoneLine
from telephony.ports import Admission, IncomingCall
from transports.ports import CallRequest

_HOME = {"exotel": "IN"}  # where a carrier writes numbers as they are dialled there

log = structlog.get_logger(__name__)


class StoredLines:
    """`telephony.ports.LineDirectory` over the database."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def by_number(self, number: str, provider: str) -> Sequence[LineAccess]:
        """See the port."""
        found: dict[str, PhoneLine] = {}
        async with self._database.reading(EVERY_TENANT) as session:
            for written in _spellings(number, provider):
                found |= {row.id: row for row in await phone_lines.by_number(session, written)}
        return [line for row in found.values() if row.provider == provider for line in self._opened(row)]

    async def by_id(self, line_id: str) -> LineAccess | None:
        """See the port."""
        async with self._database.reading(EVERY_TENANT) as session:
            row = await phone_lines.by_id(session, line_id)
        return next(iter(self._opened(row)), None) if row is not None else None

    async def admit(self, line: LineAccess, call: IncomingCall) -> Admission | None:
        """See the port."""
        async with self._database.reading(line.account_id) as session:
            row = await phone_lines.by_id(session, line.id)
        agent_id = service.agent_of(row) if row is not None else None
        flow = service.flow_of(row) if row is not None and agent_id is None else None
        if flow is None and agent_id is None:
            log.warning("line_unmapped", line_id=line.id)
            return None
        metadata = {
            "direction": "inbound",
            "from": call.caller,
            "to": line.number,
            "carrier": line.provider,
            "carrier_call": call.carrier_call,
            "line_id": line.id,
        }
        request = CallRequest(
            uuid7(),
            flow,
            metadata=metadata,
            account_id=line.account_id,
            transport=line.provider,
            agent_id=agent_id,
        )
        return Admission(request, line.id, call.carrier_call)

    def _opened(self, row: PhoneLine) -> list[LineAccess]:
        if not row.active:
            return []
        try:
            return [service.access(row, self._vault)]
        except InputError as error:
            log.warning("line_unreadable", line_id=row.id, code=error.code)
            return []


def _spellings(number: str, provider: str) -> set[str]:
    """Return what a number, as a carrier writes it, may be."""
    found = set()
    for text, region in ((number, None), (f"+{number}", None), (number, _HOME.get(provider))):
        try:
            found.add(e164(text, region))
        except InputError:
            continue
    return found
