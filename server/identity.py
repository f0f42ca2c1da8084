"""Puts together who may ask and how they log in."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.accounts.login import Login
from control_api.accounts.login_tokens import LoginTokens
from control_api.accounts.passwords import Passwords
from control_api.auth import Authenticator
from control_api.ports import OnSignup, UtcClock
from control_api.principal import LOCAL_ACCOUNT_ID
from control_api.providers.vault import Vault
from control_api.web_tokens import WebTokens, new_key
from kit.clock import Clock
from server.secret_files import kept_key, secret
from server.settings import Settings
from storage.engine import EVERY_TENANT, Database
from storage.repositories import users
from storage.tables.account import Account


@dataclass(frozen=True, slots=True)
class Identity:
    """What the control plane needs to know people by, and to keep their secrets."""

    authenticator: Authenticator
    login: Login
    vault: Vault


async def _no_welcome(session: AsyncSession, account_id: str) -> None:
    """Give a new account nothing."""


def build_identity(
    settings: Settings,
    database: Database,
    passwords: Passwords | None = None,
    welcome: OnSignup = _no_welcome,
) -> Identity:
    """Prepare log-in and the resolver of credentials.

    Args:
        settings: What the operator decided.
        database: Where people are kept.
        passwords: Only where hashes shall cost less.
        welcome: Done in the transaction of each sign-up.
    """
    clock = Clock()
    tokens = LoginTokens(secret(settings.jwt_secret, settings.data_dir / "jwt.secret"))
    authenticator = Authenticator(
        database, tokens, clock, serves_locals=settings.on_loopback, web_tokens=_web_tokens(settings)
    )
    vault = Vault(secret(settings.encryption_key, settings.data_dir / "encryption.key"))
    return Identity(authenticator, Login(database, passwords or Passwords(), tokens, clock, welcome), vault)


def _web_tokens(settings: Settings) -> WebTokens:
    given = settings.web_token_key

    def pem() -> bytes:
        if given is not None:
            return given.get_secret_value().encode()
        return kept_key(settings.data_dir / "web_token.pem", new_key)

    return WebTokens(pem)


async def make_local_account(database: Database, clock: UtcClock) -> None:
    """Make the account of those who use a server on loopback without a credential, if it is missing."""
    async with database.writing(EVERY_TENANT) as session:
        if not await users.has_account(session, LOCAL_ACCOUNT_ID):
            account = Account(id=LOCAL_ACCOUNT_ID, name="This machine", created_at=clock.utc())
            await users.add_account(session, account)
