"""Agents and their versions; the session knows whose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.agent import Agent
from storage.tables.agent_version import AgentVersion


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many there are."""

    total: int
    active: int


async def page(session: AsyncSession, offset: int, limit: int, name: str | None) -> Sequence[Agent]:
    """Return agents, newest first; `name` is part of theirs, in any case."""
    query = _named(select(Agent), name).order_by(Agent.id.desc()).offset(offset).limit(limit)
    return (await session.scalars(query)).all()


async def count(session: AsyncSession, name: str | None = None) -> Numbers:
    """Count agents."""
    total = await session.scalar(_named(select(func.count(Agent.id)), name))
    active = await session.scalar(_named(select(func.count(Agent.id)), name).where(Agent.is_active))
    return Numbers(total or 0, active or 0)


async def by_id(session: AsyncSession, agent_id: str) -> Agent | None:
    """Return one agent."""
    return await session.get(Agent, agent_id)


async def to_change(session: AsyncSession, agent_id: str) -> Agent | None:
    """Return one agent, which nobody else changes until this transaction ends."""
    return await session.get(Agent, agent_id, with_for_update=True)


async def remove(session: AsyncSession, agent_id: str) -> None:
    """Delete an agent and its versions."""
    await session.execute(delete(Agent).where(Agent.id == agent_id))


async def versions(session: AsyncSession, agent_id: str, limit: int) -> Sequence[AgentVersion]:
    """Return versions, newest first."""
    query = select(AgentVersion).where(AgentVersion.agent_id == agent_id).order_by(AgentVersion.number.desc())
    return (await session.scalars(query.limit(limit))).all()


async def version(session: AsyncSession, agent_id: str, number: int) -> AgentVersion | None:
    """Return one version."""
    query = select(AgentVersion).where(AgentVersion.agent_id == agent_id, AgentVersion.number == number)
    found: AgentVersion | None = await session.scalar(query)
    return found


def _named(query: Select[Any], name: str | None) -> Select[Any]:
    if not name:
        return query
    return query.where(func.lower(Agent.name).contains(name.lower(), autoescape=True))
