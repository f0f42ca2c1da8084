"""Which features accounts have switched off."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.feature_flags import FeatureFlags
from storage.upsert import insert_for


async def change(session: AsyncSession, account_id: str, wanted: Mapping[str, bool]) -> None:
    """Set some switches of an account and leave the others, whoever else sets some now."""
    first = insert_for(session)(FeatureFlags).values(account_id=account_id, flags={})
    await session.execute(first.on_conflict_do_nothing())
    query = select(FeatureFlags).where(FeatureFlags.account_id == account_id).with_for_update()
    row = (await session.scalars(query.execution_options(populate_existing=True))).one()
    row.flags = {**row.flags, **wanted}
    await session.flush()
