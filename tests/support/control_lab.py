"""The control plane on a real database, with a clock to set and hashes that cost nothing."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.accounts.by_mail import ByMail
from control_api.accounts.login import Login
from control_api.accounts.login_tokens import LoginTokens
from control_api.accounts.mail import Mailer, NoMailer
from control_api.accounts.mailed_codes import MailedCodes
from control_api.accounts.oauth import Departures, OAuthProvider
from control_api.accounts.oauth_client import OAuthClient
from control_api.accounts.oauth_login import OAuthLogin
from control_api.accounts.passwords import Passwords
from control_api.agents.checking import Checks
from control_api.app import ControlPlane, build_control_app
from control_api.auth import Authenticator
from control_api.call_history.links import RecordingLinks
from control_api.calls.phone_routes import CallingHost, phone_call_router
from control_api.catalogue.rows import catalogue
from control_api.catalogue.voices import Sound
from control_api.credits import service as credit_service
from control_api.credits.freemius import FreemiusProduct
from control_api.credits.pricing import Rate
from control_api.credits.tariff import Tariff
from control_api.dialects.kupe.routes import KupeHost, kupe_router
from control_api.dialects.prepatu.credits import CreditHost, credit_router
from control_api.dialects.prepatu.hooks import HookHost, hook_router
from control_api.dialects.prepatu.payments import payment_router
from control_api.dialects.prepatu.sessions import SessionHost
from control_api.lines.routes import line_router
from control_api.lines.service import LineHost
from control_api.providers.service import KeyCheck, NoKeyCheck, StoredKeys
from control_api.providers.vault import Vault
from control_api.route_table import add_routes
from control_api.sessions.service import SessionPorts
from control_api.web_tokens import WebTokens, new_key
from kit.errors import NotFoundError
from kit.money import from_cents
from server.account_choice import AccountChoices
from server.agent_reach import AccountReach
from server.identity import make_local_account
from server.provider_choice import Choice, parse_picks
from server.session_ports import SessionCredits, SessionFlows
from storage.engine import Database
from tests.support.calling_lab import CallingLab
from tests.support.echo_server import OneFlow
from tests.support.postbox import PUBLIC_URL, Postbox
from tests.support.set_clock import SetClock

PASSWORD = "correct horse"
ADMIN_TOKEN = "admin-token-of-the-lab"
PAYMENT_SECRET = b"p" * 32
FREEMIUS = FreemiusProduct("77", "pk_77", "sk_77", {"starter": "101", "standard": "102"})
CALL_ID = "01934f3c-0000-7000-8000-000000000000"


@dataclass
class PlainState:
    """`ServerState` to be set as a test likes."""

    draining: bool = False
    active_calls: int = 3
    max_calls: int = 8
    trouble: str | None = None
    database_trouble: str | None = None

    async def database_problem(self) -> str | None:
        return self.database_trouble

    def problem(self) -> str | None:
        return self.trouble

    def capabilities(self) -> Mapping[str, Any]:
        return {"transport": {"websocket": True}}


@dataclass
class PlainArchive:
    """One call, `CALL_ID`; recorded if `wav` is set."""

    wav: Path | None = None
    asked: list[str] = field(default_factory=list)

    def recent(self) -> Sequence[Mapping[str, Any]]:
        return [{"call_id": CALL_ID}]

    def report(self, call_id: str) -> Mapping[str, Any]:
        self.asked.append(call_id)
        if call_id != CALL_ID:
            raise NotFoundError("No such call.", code="call.not_found")
        return {"call_id": call_id, "end_reason": "completed"}

    def trace(self, call_id: str) -> Mapping[str, Any]:
        self.report(call_id)
        return {"traceEvents": []}

    def recording(self, call_id: str) -> Path:
        self.report(call_id)
        if self.wav is None:
            raise NotFoundError("Not recorded.", code="call.not_recorded")
        return self.wav


SERVER_CHOICE = Choice(parse_picks("stt", "embedded"), parse_picks("tts", "embedded"), ())
WEB_TOKENS = WebTokens(new_key)


async def _silence(text: str) -> Sound:
    return Sound(bytes(2 * len(text)), 16_000)


@dataclass
class PlainNoises:
    """Background noises to be had."""

    files: list[str] = field(default_factory=lambda: ["office_noise.wav"])

    def names(self) -> Sequence[str]:
        return self.files


@dataclass
class Lab:
    """The application, what it stands on, and a client that has no credential."""

    app: FastAPI
    http: httpx.AsyncClient
    database: Database
    clock: SetClock
    state: PlainState
    archive: PlainArchive
    hung_up: list[tuple[str, str]]
    signups: list[str]
    vault: Vault
    calling: CallingLab
    postbox: Postbox

    async def sign_up(self, email: str = "ada@example.com") -> dict[str, str]:
        """Make an account; return the headers of its user."""
        answer = await self.http.post("/auth/signup", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def make_key(self, person: Mapping[str, str], **query: Any) -> dict[str, str]:
        """Make a key of a person's account; return the headers of its program."""
        answer = await self.http.post("/auth/api-keys", params=query, headers=person)
        assert answer.status_code == 201, answer.text
        return {"X-Prepatu-Key": answer.json()["key"]}


def client_of(app: FastAPI, host: str = "api.example.com", peer: str = "203.0.113.7") -> httpx.AsyncClient:
    """Return a client at the address `peer` that calls the server `host`."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 40_000))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


def build_lab(
    database: Database,
    *,
    on_loopback: bool = False,
    needs_proof: bool = False,
    providers: Mapping[str, OAuthProvider] | None = None,
    is_bare: bool = False,
    keys: KeyCheck | None = None,
) -> Lab:
    """Return a control plane.

    Args:
        database: Migrated.
        on_loopback: Its client sits at the same machine.
        needs_proof: API keys wait until an address is proven.
        providers: Who may say who somebody is.
        is_bare: Neither mail nor payments are set up.
        keys: Looks at providers' keys.
    """
    clock, state, archive, postbox = SetClock(), PlainState(), PlainArchive(), Postbox()
    tokens, hung_up, signups = LoginTokens(b"s" * 32), list[tuple[str, str]](), list[str]()
    vault, calling = Vault(b"v" * 32), CallingLab(database)
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))

    async def on_signup(session: AsyncSession, account_id: str) -> None:
        signups.append(account_id)
        await credit_service.grant_at_sign_up(session, account_id, from_cents(200), clock.utc())

    def hang_up(session_id: str, reason: str) -> bool:
        hung_up.append((session_id, reason))
        return True

    login = Login(database, passwords, tokens, clock, on_signup)
    mailer: Mailer = NoMailer() if is_bare else postbox
    by_mail = ByMail(login, mailer, MailedCodes(database, b"m" * 32), PUBLIC_URL, needs_proof)
    oauth = OAuthLogin(providers or {}, Departures(b"o" * 32), OAuthClient(), login, PUBLIC_URL)
    ports = SessionPorts(SessionFlows(OneFlow(), has_model=False), SessionCredits())
    plane = ControlPlane(
        catalogue=OneFlow(),
        archive=archive,
        state=state,
        sessions=SessionHost(ports, archive, clock, hang_up),
        authenticator=Authenticator(database, tokens, clock, serves_locals=on_loopback, web_tokens=WEB_TOKENS),
        by_mail=by_mail,
        oauth=oauth,
        frontend_url="https://app.example.com",
        vault=vault,
        keys=keys or NoKeyCheck(),
        clock=clock,
        database_problem=state.database_problem,
        version="1.2.3",
    )
    app = build_control_app(plane)
    tariff = Tariff(Rate(from_cents(3)), StoredKeys())
    secrets = (None, None) if is_bare else (PAYMENT_SECRET, FREEMIUS)
    credit_host = CreditHost(database, tariff, clock, ADMIN_TOKEN.encode(), *secrets)
    add_routes(
        app,
        credit_router(credit_host),
        payment_router(credit_host),
        hook_router(HookHost(clock, b"h" * 32, allow_private=False)),
        line_router(LineHost(OneFlow(), vault, {"twilio": calling.dialer}), clock),
        phone_call_router(CallingHost(calling.placer, calling.follower, calling.clock)),
    )
    checks, links = Checks(catalogue(), PlainNoises()), RecordingLinks(b"l" * 32)
    kupe = KupeHost(
        checks,
        AccountReach(AccountChoices(database, vault, SERVER_CHOICE), has_local_model=False),
        clock,
        archive,
        links,
        state,
        WEB_TOKENS,
        LineHost(OneFlow(), vault),
        by_mail.require_proof,
        database,
        by_mail.send,
        frozenset({"https://app.example.com"}),
    )
    app.state.placer = calling.placer
    app.state.sample_voice = _silence
    add_routes(app, kupe_router(kupe))
    http = client_of(app, "127.0.0.1:8000", "127.0.0.1") if on_loopback else client_of(app)
    return Lab(app, http, database, clock, state, archive, hung_up, signups, vault, calling, postbox)


@contextlib.asynccontextmanager
async def opened_lab(database_url: str, *, on_loopback: bool = False, **set_up: Any) -> AsyncIterator[Lab]:
    """Open a control plane on a migrated database; arguments as for `build_lab`."""
    database = Database(database_url)
    lab = build_lab(database, on_loopback=on_loopback, **set_up)
    if on_loopback:
        await make_local_account(database, lab.clock)
    try:
        async with lab.http:
            yield lab
    finally:
        await database.close()


_Who = TypeVar("_Who")


@dataclass(frozen=True)
class Settled(Generic[_Who]):
    """A database in which people live already, to be copied for each test, and what must be known of them."""

    file: Path
    who: _Who


def settled_by(settle: Callable[[Lab], Awaitable[_Who]], template: Path, folder: Path, **set_up: Any) -> Settled[_Who]:
    """Settle people in a copy of `template`; their tokens are good in every lab, for all have the same secrets."""
    file = Path(shutil.copy(template, folder / "settled.db"))

    async def run() -> _Who:
        async with opened_lab(f"sqlite:///{file}", **set_up) as lab:
            return await settle(lab)

    return Settled(file, asyncio.run(run()))
