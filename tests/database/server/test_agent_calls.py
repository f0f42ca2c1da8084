import wave
from pathlib import Path
from typing import Any

import pytest

from control_api.agents import service
from control_api.agents.checking import Checks
from control_api.catalogue.rows import catalogue
from control_api.principal import SCOPES, Kind, Principal, Role
from kit.errors import ConflictError, NotFoundError
from pipeline.call_control import TransferMode, TransferResult
from pipeline.ports import Frame, LegCapabilities
from pipeline.report import CallReport, TurnReport
from server.account_flows import AccountFlows
from server.agent_calls import AgentCalls
from server.flow_store import FlowStore
from storage.engine import Database
from tests.support.accounts import NOW, add_accounts
from tests.support.call_lab import TapeLeg
from tests.support.control_lab import PlainNoises
from transports.ports import CallRequest

CHECKS = Checks(catalogue(), PlainNoises())
ROUTE = {"route_id": "sales", "condition_when_to_transfer": "buys", "phone_number": "+1 555 123 4567"}


class Switchboard:
    """A carrier that passes callers on."""

    transfers: frozenset[TransferMode] = frozenset({"cold"})
    sends_dtmf = False

    async def hang_up(self) -> None:
        """Nothing rings."""

    async def transfer(self, target: str, mode: TransferMode, summary: str | None) -> TransferResult:
        return TransferResult(connected=True)

    async def send_dtmf(self, digits: str) -> None:
        """Nobody listens."""


class EndedCall:
    """A call in which somebody told a secret."""

    async def run(self) -> CallReport:
        turn = TurnReport(1, "My secret is", "It is safe.", 100.0)
        return CallReport("c", "agent", NOW, 1.0, "completed", True, {"secret": "blue"}, (turn,))

    def receive(self, frame: Frame) -> None:
        """Nothing more comes."""

    def end(self, reason: str) -> None:
        """It is over."""


async def _agent(database: Database, wish: dict[str, Any]) -> str:
    await add_accounts(database, "ada", "bob")
    who = Principal("ada", Kind.USER, frozenset(SCOPES), Role.ADMIN, user_id="u")
    async with database.writing("ada") as session:
        agent = await service.create(session, who, {"agent": {"name": "a"}} | wish, CHECKS, NOW)
    return agent.id


def _calls(database: Database, tmp_path: Path) -> AgentCalls:
    return AgentCalls(database, catalogue(), AccountFlows(database, FlowStore(tmp_path)), tmp_path)


async def test_an_agent_is_a_flow_with_its_providers_and_manner(database: Database, tmp_path: Path) -> None:
    wish = {
        "agent": {"name": "a", "welcome_message": "Hi {{name}}."},
        "tts_config": {"tts_model_name": "deepgram", "voice_name": "thalia"},
        "agent_model_config": {"model_name": "openai-gpt-4.1-mini"},
        "agent_specific_config": {"session_timeout": 60},
        "vad_config": {"min_speech_duration_ms": 320},
    }
    request = CallRequest("c", None, {"name": "Ada"}, account_id="ada", agent_id=await _agent(database, wish))
    made = await _calls(database, tmp_path).of(request, TapeLeg())
    assert made is not None
    assert made.flow.states["talk"].say == ("Hi Ada.",)
    assert [str(pick) for pick in made.choice.picks()] == [
        "embedded", "deepgram:aura-2-thalia-en", "openai:gpt-4.1-mini",
    ]  # fmt: skip
    assert (made.manner.longest_s, made.manner.sensitivity.start_windows, made.choice.language) == (60.0, 10, "en")


async def test_an_agent_is_its_accounts_alone_and_must_be_active(database: Database, tmp_path: Path) -> None:
    agent_id = await _agent(database, {"agent": {"name": "a", "is_active": False}})
    calls = _calls(database, tmp_path)
    with pytest.raises(ConflictError, match="not active"):
        await calls.of(CallRequest("c", None, account_id="ada", agent_id=agent_id), TapeLeg())
    for account_id in ("bob", None):
        with pytest.raises(NotFoundError):
            await calls.of(CallRequest("c", None, account_id=account_id, agent_id=agent_id), TapeLeg())
    assert await calls.of(CallRequest("c", "greet", account_id="ada"), TapeLeg()) is None


async def test_a_route_is_offered_where_the_carrier_can_pass_callers_on(database: Database, tmp_path: Path) -> None:
    agent_id = await _agent(database, {"agent_specific_config": {"inbound_transfer_routes": [ROUTE]}})
    request = CallRequest("c", None, account_id="ada", agent_id=agent_id)
    calls = _calls(database, tmp_path)
    phone, browser = await calls.of(request, TapeLeg(control=Switchboard())), await calls.of(request, TapeLeg())
    assert phone is not None
    assert browser is not None
    assert dict(phone.flow.settings.transfer_targets) == {"sales": "+15551234567"}
    assert dict(browser.flow.settings.transfer_targets) == {}


async def test_a_background_is_read_at_the_legs_rate_and_a_broken_one_is_left_out(
    database: Database, tmp_path: Path
) -> None:
    agent_id = await _agent(database, {"agent_specific_config": {"background_noise_id": "office_noise"}})
    request = CallRequest("c", None, account_id="ada", agent_id=agent_id)
    calls, leg = _calls(database, tmp_path), TapeLeg(LegCapabilities(rate_out_hz=8_000))
    (tmp_path / "office_noise.wav").write_bytes(b"no sound")
    broken = await calls.of(request, leg)
    with wave.open(str(tmp_path / "office_noise.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\x00\x10\x00\x00" * 1_600)
    heard = await calls.of(request, leg)
    assert broken is not None
    assert heard is not None
    assert broken.manner.underlay is None
    assert heard.manner.underlay is not None
    assert heard.manner.underlay.under(bytes(200)) != bytes(200)


async def test_of_a_confidential_call_nothing_that_was_said_is_kept(database: Database, tmp_path: Path) -> None:
    agent_id = await _agent(database, {"agent": {"name": "a", "hipaa_compliance": True}})
    request = CallRequest("c", None, account_id="ada", agent_id=agent_id)
    made = await _calls(database, tmp_path).of(request, TapeLeg())
    assert made is not None
    assert not made.recorded
    report = await made.around(EndedCall()).run()
    assert (report.variables, report.turns[0].gap_ms) == ({}, 100.0)
    assert "secret" not in repr(report)
