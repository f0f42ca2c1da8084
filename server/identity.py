"""Puts together who may ask and how they log in."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.accounts.by_mail import ByMail
from control_api.accounts.login import Login
from control_api.accounts.login_tokens import LoginTokens
from control_api.accounts.mail import Mailer, NoMailer
from control_api.accounts.mailed_codes import MailedCodes
from control_api.accounts.oauth import Departures, OAuthProvider, github, google
from control_api.accounts.oauth_client import OAuthClient
from control_api.accounts.oauth_login import OAuthLogin
from control_api.accounts.passwords import Passwords
from control_api.accounts.smtp import SmtpAccess, SmtpMailer
from control_api.auth import Authenticator
from control_api.ports import OnSignup, UtcClock
from control_api.principal import LOCAL_ACCOUNT_ID
from control_api.providers.service import KeyCheck, NoKeyCheck
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
    by_mail: ByMail
    oauth: OAuthLogin
    vault: Vault
    keys: KeyCheck


async def _no_welcome(session: AsyncSession, account_id: str) -> None:
    """Give a new account nothing."""


def build_identity(
    settings: Settings,
    database: Database,
    passwords: Passwords | None = None,
    welcome: OnSignup = _no_welcome,
    keys: KeyCheck | None = None,
) -> Identity:
    """Prepare log-in and the resolver of credentials.

    Args:
        settings: What the operator decided.
        database: Where people are kept.
        passwords: Only where hashes shall cost less.
        welcome: Done in the transaction of each sign-up.
        keys: Looks at providers' keys that accounts bring; None takes them as they are.
    """
    clock = Clock()
    jwt_secret = secret(settings.jwt_secret, settings.data_dir / "jwt.secret")
    tokens = LoginTokens(jwt_secret)
    web = _web_tokens(settings)
    authenticator = Authenticator(database, tokens, clock, serves_locals=settings.on_loopback, web_tokens=web)
    vault = Vault(secret(settings.encryption_key, settings.data_dir / "encryption.key"))
    login = Login(database, passwords or Passwords(), tokens, clock, welcome)
    public_url = (settings.public_url or "").rstrip("/")  # without it neither mail nor log-in by others is set up
    needs_proof = settings.email_require_verification and settings.smtp_host is not None
    by_mail = ByMail(login, _mailer(settings), MailedCodes(database, jwt_secret), public_url, needs_proof)
    oauth = OAuthLogin(_providers(settings), Departures(jwt_secret), OAuthClient(), login, public_url)
    return Identity(authenticator, by_mail, oauth, vault, keys or NoKeyCheck())


def _mailer(settings: Settings) -> Mailer:
    if settings.smtp_host is None or settings.email_from is None:
        return NoMailer()
    access = SmtpAccess(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.email_from,
        settings.smtp_user,
        settings.smtp_password.get_secret_value() if settings.smtp_password else "",
    )
    return SmtpMailer(access)


def _providers(settings: Settings) -> Mapping[str, OAuthProvider]:
    set_up: dict[str, OAuthProvider] = {}
    if settings.google_client_id and settings.google_client_secret:
        key = settings.google_client_secret.get_secret_value()
        set_up["google"] = google(settings.google_client_id, key, settings.google_base_url)
    if settings.github_client_id and settings.github_client_secret:
        key = settings.github_client_secret.get_secret_value()
        set_up["github"] = github(settings.github_client_id, key, settings.github_base_url)
    return set_up


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
