"""Runs `cases.yaml`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.conformance.prepatu_cloud.conftest import GREET, Town
from tests.support.control_lab import build_lab

ANY = "…"


@dataclass(frozen=True)
class Case:
    """One request and what must come back; fields as the head of `cases.yaml` says."""

    name: str
    call: str
    status: int
    caller: str = "nobody"
    on: str = "the server"
    leads: str = ""
    json: Any = None
    content: str | None = None
    type: str | None = None
    form: dict[str, str] = field(default_factory=dict)
    multipart: dict[str, str] = field(default_factory=dict)
    file: dict[str, str] = field(default_factory=dict)
    body: Any = None
    has: dict[str, Any] = field(default_factory=dict)
    first: dict[str, Any] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    starts: str = ""


def _cases() -> list[Case]:
    listed = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())
    named = [next(iter(each.items())) for each in listed]
    # YAML 1.1 reads `on` as a truth.
    fields = {"as": "caller", True: "on"}
    return [Case(name=name, **{fields.get(k, k): v for k, v in case.items()}) for name, case in named]


def _filled(value: Any, names: dict[str, str]) -> Any:
    """Put names into texts; doubled braces are braces."""
    if isinstance(value, str):
        return value.format(**names)
    if isinstance(value, list):
        return [_filled(each, names) for each in value]
    return {key: _filled(each, names) for key, each in value.items()} if isinstance(value, dict) else value


def _alike(have: Any, wanted: Any) -> bool:
    if wanted == ANY:
        return True
    if isinstance(wanted, dict):
        return isinstance(have, dict) and have.keys() == wanted.keys() and all(_alike(have[k], wanted[k]) for k in have)
    return bool(have == wanted)


async def _send(town: Town, case: Case, names: dict[str, str]) -> httpx.Response:
    method, _, path = case.call.partition(" ")
    headers = dict(town.headers[case.caller])
    body: dict[str, Any] = {}
    if case.multipart:
        parts = {name: (None, value) for name, value in _filled(case.multipart, names).items()}
        files = {name: ("flow.yaml", value) for name, value in _filled(case.file, names).items()}
        body = {"files": parts | files}
    elif case.form:
        body = {"data": _filled(case.form, names)}
    elif case.content is not None:
        body = {"content": _filled(case.content, names)}
        headers |= {"Content-Type": case.type} if case.type else {}
    elif case.json is not None:
        body = {"json": _filled(case.json, names)}
    lab = build_lab(town.lab.database, is_bare=True) if case.on == "a bare server" else town.lab
    return await lab.http.request(method, path.format(**names), headers=headers, **body)


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.name)
async def test_the_contract_is_kept(town: Town, case: Case) -> None:
    names = town.names | {"greet": GREET}
    answer = await _send(town, case, names)
    assert answer.status_code == case.status, answer.text
    if case.leads:
        assert answer.headers["location"].startswith(case.leads)
        return
    if case.status == 204:
        assert answer.content == b""
        return
    have = answer.json()
    if case.body is not None:
        assert _alike(have, _filled(case.body, names)), have
    shown = have[0] if case.first else have
    wanted = _filled(case.first or case.has, names)
    assert {key: shown.get(key, "missing") for key, value in wanted.items() if not _alike(shown.get(key), value)} == {}
    assert [key for key in case.keys if key not in have] == []
    assert not case.starts or have["detail"].startswith(case.starts), have
    assert town.names["key"] not in answer.text
