"""Hooks that start agents; the session knows whose."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.agent_hook import AgentHook


async def of_agent(session: AsyncSession, agent_id: str) -> AgentHook | None:
    """Return the hook of an agent, if it has one."""
    return await session.get(AgentHook, agent_id)


async def remove_all(session: AsyncSession, account_id: str) -> None:
    """Delete the hooks of all agents of an account; their secrets are void."""
    await session.execute(delete(AgentHook).where(AgentHook.account_id == account_id))
