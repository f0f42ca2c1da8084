"""Which line a call is made on."""

from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import ConfigError, NotFoundError
from storage.repositories import phone_lines
from storage.tables.phone_line import PhoneLine


async def line_for(session: AsyncSession, line_id: str | None, agent_id: str | None, flow_id: str | None) -> PhoneLine:
    """Return the line that is named, else one that leads to the target, else the first that is active.

    Raises:
        NotFoundError: `line.not_found`: the account has no such active line.
        ConfigError: It has none at all.
    """
    rows = [row for row in await phone_lines.all_lines(session) if row.active]
    if line_id is not None:
        named = [row for row in rows if row.id == line_id]
        if not named:
            raise NotFoundError("Phone number not found", code="line.not_found")
        return named[0]
    if not rows:
        raise ConfigError("No phone number to call from is set up.", code="call.no_line")
    target = ("agent", agent_id) if agent_id is not None else ("flow", flow_id)
    return next((row for row in rows if (row.target_kind, row.target_id) == target), rows[0])
