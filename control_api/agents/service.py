"""The agents of an account; every change of a configuration makes a version."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.agents.checking import Checks, checked
from control_api.agents.document import canonical, merged
from control_api.agents.schemas import Config
from control_api.catalogue.voices import with_own
from control_api.principal import Principal
from kit.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from kit.ids import uuid7
from storage.repositories import agents
from storage.tables.agent import Agent
from storage.tables.agent_version import AgentVersion

MAX_AGENTS = 1_000
VERSIONS_SHOWN = 100
_GUARDED = ("agent_model_config", "tts_config", "transcriber_config", "vad_config", "inferencing_config", "tools")


async def create(
    session: AsyncSession, who: Principal, wish: Mapping[str, Any], checks: Checks, now: datetime.datetime
) -> Agent:
    """Make an agent; what is not said is the platform's default.

    Raises:
        InputError: It could not be called so.
        ForbiddenError: The account has too many.
    """
    config = checked(merged({}, canonical(wish)), await _of_account(session, checks))
    if (await agents.count(session)).total >= MAX_AGENTS:
        raise ForbiddenError(f"An account has at most {MAX_AGENTS} agents; delete one first.", code="agent.too_many")
    agent = Agent(
        id=uuid7(),
        account_id=who.account_id,
        name=config.agent.name,
        is_active=config.agent.is_active,
        config=config.model_dump(mode="json"),
        version=1,
        made_by=who.user_id or who.key_id or "",
        created_at=now,
        updated_at=now,
    )
    session.add(agent)
    await session.flush()
    await _add_version(session, agent, who, "")
    return agent


async def read(session: AsyncSession, agent_id: str) -> Agent:
    """Return an agent.

    Raises:
        NotFoundError: `agent.not_found`.
    """
    return _found(await agents.by_id(session, agent_id))


async def change(  # noqa: PLR0913  who, what, how and when of one change
    session: AsyncSession,
    who: Principal,
    agent_id: str,
    wish: Mapping[str, Any],
    checks: Checks,
    now: datetime.datetime,
    *,
    force: bool = False,
) -> Agent:
    """Lay a wish over an agent's configuration. What says the same makes no version.

    Raises:
        NotFoundError: `agent.not_found`.
        InputError: `agent.active`, or it could not be called so.
    """
    agent = _found(await agents.to_change(session, agent_id))
    config = checked(merged(agent.config, canonical(wish)), await _of_account(session, checks))
    return await _put(session, who, agent, config, now, guarded=checks.guard and not force)


async def restore(  # noqa: PLR0913  who, what, how and when of one change
    session: AsyncSession,
    who: Principal,
    agent_id: str,
    number: int,
    checks: Checks,
    now: datetime.datetime,
    *,
    force: bool = False,
) -> Agent:
    """Make an older configuration the newest version.

    Raises:
        NotFoundError: `agent.not_found` or `agent.version_not_found`.
        InputError: `agent.active`, or it cannot be called any more.
    """
    agent = _found(await agents.to_change(session, agent_id))
    older = await agents.version(session, agent_id, number)
    if older is None:
        raise NotFoundError("Version not found", code="agent.version_not_found")
    config = checked(older.config, await _of_account(session, checks))
    guarded = checks.guard and not force
    return await _put(session, who, agent, config, now, guarded=guarded, note=f"restored version {number}")


async def remove(session: AsyncSession, agent_id: str, *, force: bool, guard: bool) -> None:
    """Delete an agent; calls that run go on.

    Raises:
        NotFoundError: `agent.not_found`.
        InputError: `agent.active`.
    """
    agent = _found(await agents.to_change(session, agent_id))
    if agent.is_active and guard and not force:
        raise InputError("Agent is active; deactivate it first, or set force_delete=true.", code="agent.active")
    await agents.remove(session, agent_id)


async def versions(session: AsyncSession, agent_id: str) -> Sequence[AgentVersion]:
    """Return the newest versions, newest first.

    Raises:
        NotFoundError: `agent.not_found`.
    """
    await read(session, agent_id)
    return await agents.versions(session, agent_id, VERSIONS_SHOWN)


async def to_call(session: AsyncSession, agent_id: str) -> Agent:
    """Return an agent that takes calls.

    Raises:
        NotFoundError: `agent.not_found`.
        ConflictError: It is not active.
    """
    agent = await read(session, agent_id)
    if not agent.is_active:
        raise ConflictError("This agent is not active.", code="agent.inactive")
    return agent


def config_of(agent: Agent) -> Config:
    """Return the configuration of an agent."""
    return Config.model_validate(agent.config)


async def _of_account(session: AsyncSession, checks: Checks) -> Checks:
    return replace(checks, catalogue=await with_own(session, checks.catalogue))


async def _put(  # noqa: PLR0913  who, what and when of one change
    session: AsyncSession,
    who: Principal,
    agent: Agent,
    config: Config,
    now: datetime.datetime,
    *,
    guarded: bool,
    note: str = "",
) -> Agent:
    document = config.model_dump(mode="json")
    if document == agent.config:
        return agent
    if guarded and agent.is_active and any(document[each] != agent.config.get(each) for each in _GUARDED):
        text = "Agent is active; its configuration changes only with force_update=true."
        raise InputError(text, code="agent.active")
    agent.config, agent.name, agent.is_active = document, config.agent.name, config.agent.is_active
    agent.version, agent.updated_at = agent.version + 1, now
    await _add_version(session, agent, who, note)
    return agent


async def _add_version(session: AsyncSession, agent: Agent, who: Principal, note: str) -> None:
    row = AgentVersion(
        id=uuid7(),
        account_id=agent.account_id,
        agent_id=agent.id,
        number=agent.version,
        config=agent.config,
        made_at=agent.updated_at,
        made_by=who.user_id or who.key_id or "",
        note=note,
    )
    session.add(row)
    await session.flush()


def _found(agent: Agent | None) -> Agent:
    if agent is None:
        raise NotFoundError("Agent not found", code="agent.not_found")
    return agent
