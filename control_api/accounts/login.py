"""The door: sign-up, log-in, log-out."""

import datetime
import re
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from control_api.accounts.login_tokens import LoginToken, LoginTokens
from control_api.accounts.passwords import Passwords
from control_api.accounts.throttle import Throttle
from control_api.ports import OnSignup, UtcClock
from control_api.principal import Principal, Role
from kit.errors import ConflictError, InputError, RateLimitedError, UnauthenticatedError
from kit.ids import uuid7
from storage.engine import EVERY_TENANT, Database
from storage.repositories import users
from storage.tables.account import Account
from storage.tables.revoked_token import RevokedToken
from storage.tables.user import User

_EMAIL = re.compile(r"[^\s@<>\"\x00-\x1f\x7f]{1,64}@[^\s@<>\"\x00-\x1f\x7f]{1,255}")
_NONE_BEFORE = datetime.timedelta(seconds=1)


def _per_email() -> Throttle:
    return Throttle(tries=10, refill_s=30.0)


def _per_address() -> Throttle:
    return Throttle(tries=50, refill_s=10.0)


@dataclass(slots=True)
class Login:
    """Lets people in. It opens its own transactions: before log-in nobody is anybody's tenant.

    Attributes:
        on_signup: Called in the transaction that makes an account.
    """

    database: Database
    passwords: Passwords
    tokens: LoginTokens
    clock: UtcClock
    on_signup: OnSignup
    _emails: Throttle = field(default_factory=_per_email)
    _addresses: Throttle = field(default_factory=_per_address)

    async def sign_up(self, email: str, password: str, address: str | None) -> str:
        """Make an account with one user; return a log-in token.

        Args:
            email: Where the person can be reached.
            password: At least 8 characters.
            address: Of the peer, to slow down those who try many; None for who need not be slowed.

        Raises:
            InputError: This is no e-mail address.
            ConflictError: Somebody has signed up with it.
            RateLimitedError: Too many tries.
        """
        email_key = key_of(email)
        self._slow_down(address)
        password_hash = await self.passwords.hash(password)
        now = self.clock.utc()
        account = Account(id=uuid7(), name=email.strip(), created_at=now)
        user = User(
            id=uuid7(),
            account_id=account.id,
            email=email.strip(),
            email_key=email_key,
            password_hash=password_hash,
            role=Role.ADMIN,
            tokens_from=now - _NONE_BEFORE,
            created_at=now,
        )
        try:
            async with self.database.writing(EVERY_TENANT) as session:
                await users.add_account(session, account)
                session.add(user)
                await session.flush()
                await self.on_signup(session, account.id)
        except IntegrityError as error:
            raise ConflictError("Email already registered", code="auth.email_taken") from error
        return self.tokens.make(user.id, now)

    async def log_in(self, email: str, password: str, address: str | None) -> str:
        """Return a log-in token; arguments and errors as `sign_up`.

        Raises:
            UnauthenticatedError: Address or password is wrong; which, is not said, and does not show in the time.
        """
        email_key = email.strip().lower()
        self._slow_down(address, email_key)
        async with self.database.reading(EVERY_TENANT) as session:
            user = await users.by_email(session, email_key)
        if not await self.passwords.matches(password, user.password_hash if user else None) or user is None:
            raise UnauthenticatedError("Invalid credentials", code="auth.invalid_credentials")
        self._emails.give_back(email_key, self.clock.now_s())
        if self.passwords.is_dated(user.password_hash):
            password_hash = await self.passwords.hash(password)
            async with self.database.writing(user.account_id) as session:
                await users.change_password_hash(session, user.id, password_hash)
        return self.tokens.make(user.id, self.clock.utc())

    async def log_out(self, who: Principal, token: LoginToken, *, everywhere: bool) -> None:
        """Void a token, or all tokens of its user."""
        now = self.clock.utc()
        async with self.database.writing(who.account_id) as session:
            if everywhere:
                await users.void_tokens(session, token.user_id, now)
            row = RevokedToken(id=token.id, account_id=who.account_id, expires_at=token.expires_at)
            await users.revoke(session, row, now)

    def _slow_down(self, address: str | None, email_key: str | None = None) -> None:
        now_s = self.clock.now_s()
        wait_s = self._addresses.take(address, now_s) if address is not None else 0.0
        if wait_s == 0.0 and email_key is not None:
            wait_s = self._emails.take(email_key, now_s)
        if wait_s > 0.0:
            raise RateLimitedError(
                f"Too many attempts. Try again in {round(wait_s) or 1} s.",
                retry_after_s=wait_s,
                code="auth.too_many_attempts",
            )


def key_of(email: str) -> str:
    """Return the form in which addresses are compared.

    Raises:
        InputError: This is no e-mail address.
    """
    if not _EMAIL.fullmatch(email.strip()):
        raise InputError("This is not an e-mail address.", code="auth.invalid_email")
    return email.strip().lower()
