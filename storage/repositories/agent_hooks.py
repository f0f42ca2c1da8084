"""Hooks that start agents; the session knows whose."""

from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.agent_hook import AgentHook


async def of_agent(session: AsyncSession, agent_id: str) -> AgentHook | None:
    """Return the hook of an agent, if it has one."""
    return await session.get(AgentHook, agent_id)
