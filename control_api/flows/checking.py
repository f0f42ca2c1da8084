"""Checks documents off the event loop."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows import edit
from flows.check import check
from flows.document import to_json
from flows.findings import Finding, has_errors
from flows.load import FlowError
from flows.parse import parse


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that can run.

    Attributes:
        document_id: Its own `id`.
        findings: Warnings.
    """

    text: str
    document_id: str
    findings: tuple[Finding, ...] = ()


async def checked(text: str) -> Checked:
    """Check a document.

    Raises:
        FlowError: It cannot run; with all that was found.
    """
    return await asyncio.to_thread(_checked, text)


async def edited(text: str, document: Mapping[str, Any]) -> Checked:
    """Bring a text up to a new content, with its comments and layout, and check it.

    Raises:
        InputError: It cannot be written so, or cannot run.
    """
    return await asyncio.to_thread(lambda: _checked(edit.apply(text, document)))


async def document_of(text: str) -> Mapping[str, Any]:
    """Return a document as JSON values.

    Raises:
        FlowError: It is none.
    """
    return await asyncio.to_thread(to_json, text)


def _checked(text: str) -> Checked:
    flow, findings = parse(text)
    if flow is None:
        raise FlowError("Flow configuration error.", findings)
    found = (*findings, *check(flow))
    if has_errors(found):
        raise FlowError("Flow validation failed.", found, code="flow.check_failed")
    return Checked(text, flow.id, found)
