"""Flows as Prepatu's clients read them."""

from collections.abc import Iterable
from dataclasses import asdict

from control_api.dialects.prepatu.errors import FlowFinding
from control_api.dialects.prepatu.flow_schemas import FlowDetail, FlowItem, FlowKept, VersionDetail, VersionItem
from control_api.flows.stored import FlowText
from flows.findings import Finding
from kit.errors import ConflictError
from storage.tables.flow import Flow
from storage.tables.flow_version import FlowVersion


def item(flow: Flow) -> FlowItem:
    """Return a flow for a listing."""
    return FlowItem(
        id=flow.id,
        name=flow.name,
        created_at=flow.created_at.timestamp(),
        updated_at=flow.updated_at.timestamp(),
        version=flow.version,
    )


def detail(found: FlowText) -> FlowDetail:
    """Return a flow with its document."""
    return FlowDetail(**item(found.flow).model_dump(), yaml_content=found.text)


def kept(found: FlowText, warnings: Iterable[Finding]) -> FlowKept:
    """Return a flow that was just written."""
    return FlowKept(**detail(found).model_dump(), warnings=findings(warnings))


def version(row: FlowVersion) -> VersionItem:
    """Return a version for a listing."""
    return VersionItem(
        version=row.number,
        created_at=row.made_at.timestamp(),
        author=row.made_by,
        note=row.note,
        size_bytes=row.size_bytes,
    )


def version_detail(row: FlowVersion) -> VersionDetail:
    """Return a version with its document."""
    return VersionDetail(**version(row).model_dump(), yaml_content=row.text)


def findings(found: Iterable[Finding]) -> list[FlowFinding]:
    """Return what a check found."""
    return [FlowFinding(**asdict(each)) for each in found]


def etag(flow: Flow) -> str:
    """Return what names this version of a flow in HTTP."""
    return f'"{flow.version}"'


def expected(if_match: str | None) -> int | None:
    """Return the version that a change was made on; None if any will do.

    Raises:
        ConflictError: The header names no version of ours.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ConflictError("If-Match names no version of this flow.", code="flow.changed")
    return int(text)
