"""The flows that an account keeps with us; every change of a document makes a version."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.flows.checking import Checked
from control_api.principal import Principal
from kit.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from kit.ids import uuid7
from storage.repositories import flows
from storage.tables.flow import Flow
from storage.tables.flow_version import FlowVersion

MAX_FLOWS = 1_000
MAX_BYTES = 100 * 1024 * 1024
"""Of all versions of an account together."""


@dataclass(frozen=True, slots=True)
class FlowText:
    """A flow and the text of one of its versions."""

    flow: Flow
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What shall become of a flow.

    Attributes:
        name: None leaves it.
        document: None leaves it.
        expected: The version that the change was made on; None if whoever made it does not care.
        note: Why; goes into the new version.
    """

    name: str | None = None
    document: Checked | None = None
    expected: int | None = None
    note: str = ""


async def create(
    session: AsyncSession, who: Principal, name: str, document: Checked, now: datetime.datetime
) -> FlowText:
    """Keep a new flow.

    Raises:
        ForbiddenError: The account keeps too many.
    """
    await _check_room(session, document.text, new_flows=1)
    flow = Flow(
        id=f"f-{uuid7().replace('-', '')}",
        account_id=who.account_id,
        name=name,
        document_id=document.document_id,
        version=1,
        created_at=now,
        updated_at=now,
    )
    session.add(flow)
    await session.flush()
    await _add_version(session, flow, who, document.text, "")
    return FlowText(flow, document.text)


async def read(session: AsyncSession, flow_id: str) -> FlowText:
    """Return a flow with its newest text.

    Raises:
        NotFoundError: `flow.not_found`.
    """
    flow = _found(await flows.by_id(session, flow_id))
    return FlowText(flow, (await _version(session, flow, flow.version)).text)


async def change(
    session: AsyncSession, who: Principal, flow_id: str, wanted: Change, now: datetime.datetime
) -> FlowText:
    """Change name or document. A document that says the same makes no version.

    Raises:
        NotFoundError: `flow.not_found`.
        ConflictError: Somebody else has changed it meanwhile.
        ForbiddenError: The account keeps too much.
    """
    flow = _found(await flows.to_change(session, flow_id))
    if wanted.expected is not None and wanted.expected != flow.version:
        raise ConflictError(f"The flow was changed meanwhile; it is at version {flow.version}.", code="flow.changed")
    text = (await _version(session, flow, flow.version)).text
    if wanted.name is not None and wanted.name != flow.name:
        flow.name, flow.updated_at = wanted.name, now
    if wanted.document is not None and wanted.document.text != text:
        text = wanted.document.text
        await _check_room(session, text)
        flow.version, flow.updated_at, flow.document_id = flow.version + 1, now, wanted.document.document_id
        await _add_version(session, flow, who, text, wanted.note)
    await session.flush()
    return FlowText(flow, text)


async def remove(session: AsyncSession, flow_id: str) -> None:
    """Delete a flow and its versions; calls that run go on.

    Raises:
        NotFoundError: `flow.not_found`.
    """
    if not await flows.remove(session, flow_id):
        raise _not_found()


async def versions(session: AsyncSession, flow_id: str, limit: int, before: int | None) -> Sequence[FlowVersion]:
    """List versions without their texts, newest first.

    Raises:
        NotFoundError: `flow.not_found`.
    """
    _found(await flows.by_id(session, flow_id))
    return await flows.versions(session, flow_id, limit, before)


async def version(session: AsyncSession, flow_id: str, number: int) -> FlowVersion:
    """Return one version with its text.

    Raises:
        NotFoundError: `flow.not_found` or `flow.version_not_found`.
    """
    return await _version(session, _found(await flows.by_id(session, flow_id)), number)


async def newest(session: AsyncSession, name: str) -> FlowVersion:
    """Return the newest version of a flow, which is named by its id or by that of its document; with its text.

    Raises:
        NotFoundError: `flow.not_found`.
    """
    flow = _found(await flows.by_id(session, name) or await flows.by_document_id(session, name))
    return await _version(session, flow, flow.version)


async def _version(session: AsyncSession, flow: Flow, number: int) -> FlowVersion:
    found = await flows.version(session, flow.id, number)
    if found is None:
        raise NotFoundError("Version not found", code="flow.version_not_found")
    return found


async def _add_version(session: AsyncSession, flow: Flow, who: Principal, text: str, note: str) -> None:
    row = FlowVersion(
        id=uuid7(),
        account_id=flow.account_id,
        flow_id=flow.id,
        number=flow.version,
        text=text,
        size_bytes=len(text.encode()),
        made_at=flow.updated_at,
        made_by=who.user_id or who.key_id or "",
        note=note,
    )
    session.add(row)
    await session.flush()


async def _check_room(session: AsyncSession, text: str, new_flows: int = 0) -> None:
    used = await flows.usage(session)
    if used.flows + new_flows > MAX_FLOWS:
        raise ForbiddenError(f"An account keeps at most {MAX_FLOWS} flows; delete one first.", code="flow.too_many")
    if used.size_bytes + len(text.encode()) > MAX_BYTES:
        megabytes = MAX_BYTES // 1024 // 1024
        message = f"All versions of an account's flows have at most {megabytes} MiB; delete a flow first."
        raise ForbiddenError(message, code="flow.too_much")


def _found(flow: Flow | None) -> Flow:
    if flow is None:
        raise _not_found()
    return flow


def _not_found() -> InputError:
    return NotFoundError("Flow not found", code="flow.not_found")
