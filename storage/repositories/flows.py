"""Flows and their versions; the session knows whose."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from storage.tables.flow import Flow
from storage.tables.flow_version import FlowVersion


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account keeps with us."""

    flows: int
    size_bytes: int


async def page(session: AsyncSession, limit: int, before: str | None) -> Sequence[Flow]:
    """Return flows, newest first; `before` is the id of the last one of the page before."""
    query = select(Flow).order_by(Flow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Flow.id < before)
    return (await session.scalars(query)).all()


async def by_id(session: AsyncSession, flow_id: str) -> Flow | None:
    """Return one flow."""
    return await session.get(Flow, flow_id)


async def to_change(session: AsyncSession, flow_id: str) -> Flow | None:
    """Return one flow, which nobody else changes until this transaction ends."""
    return await session.get(Flow, flow_id, with_for_update=True)


async def by_document_id(session: AsyncSession, document_id: str) -> Flow | None:
    """Return the newest flow whose document has this id."""
    query = select(Flow).where(Flow.document_id == document_id).order_by(Flow.id.desc()).limit(1)
    found: Flow | None = await session.scalar(query)
    return found


async def remove(session: AsyncSession, flow_id: str) -> bool:
    """Delete a flow and all its versions; say whether there was one."""
    removed = await session.scalar(delete(Flow).where(Flow.id == flow_id).returning(Flow.id))
    return removed is not None


async def usage(session: AsyncSession) -> Usage:
    """Return how much the account keeps."""
    flows = await session.scalar(select(func.count(Flow.id)))
    size = await session.scalar(select(func.coalesce(func.sum(FlowVersion.size_bytes), 0)))
    return Usage(flows or 0, int(size or 0))


async def version(session: AsyncSession, flow_id: str, number: int) -> FlowVersion | None:
    """Return one version with its text."""
    query = select(FlowVersion).where(FlowVersion.flow_id == flow_id, FlowVersion.number == number)
    found: FlowVersion | None = await session.scalar(query.options(undefer(FlowVersion.text)))
    return found


async def version_by_id(session: AsyncSession, version_id: str) -> FlowVersion | None:
    """Return one version with its text."""
    query = select(FlowVersion).where(FlowVersion.id == version_id)
    found: FlowVersion | None = await session.scalar(query.options(undefer(FlowVersion.text)))
    return found


async def versions(session: AsyncSession, flow_id: str, limit: int, before: int | None) -> Sequence[FlowVersion]:
    """Return versions without their texts, newest first; `before` is the last number of the page before."""
    query = select(FlowVersion).where(FlowVersion.flow_id == flow_id).order_by(FlowVersion.number.desc()).limit(limit)
    if before is not None:
        query = query.where(FlowVersion.number < before)
    return (await session.scalars(query)).all()
