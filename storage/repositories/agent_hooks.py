"""Hooks that start agents; the session knows whose."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.agent_hook import AgentHook
from storage.upsert import insert_for


async def of_agent(session: AsyncSession, agent_id: str) -> AgentHook | None:
    """Return the hook of an agent, if it has one."""
    return await session.get(AgentHook, agent_id)


async def add_first(session: AsyncSession, hook: AgentHook) -> AgentHook:
    """Keep the first hook of an agent; return the one that is kept, which may be somebody else's of just now."""
    values = {
        "agent_id": hook.agent_id,
        "account_id": hook.account_id,
        "sealed_secret": hook.sealed_secret,
        "config": hook.config,
    }
    await session.execute(insert_for(session)(AgentHook).values(values).on_conflict_do_nothing())
    return await session.get_one(AgentHook, hook.agent_id)


async def remove_all(session: AsyncSession, account_id: str) -> None:
    """Delete the hooks of all agents of an account; their secrets are void."""
    await session.execute(delete(AgentHook).where(AgentHook.account_id == account_id))
