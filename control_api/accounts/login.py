"""The door: sign-up, log-in, log-out."""

import datetime
import re
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from control_api.accounts import people
from control_api.accounts.login_tokens import LoginToken, LoginTokens
from control_api.accounts.passwords import Passwords
from control_api.accounts.throttle import Throttle
from control_api.ports import OnSignup, UtcClock
from control_api.principal import Principal
from kit.errors import ConflictError, ForbiddenError, InputError, RateLimitedError, UnauthenticatedError
from storage.engine import EVERY_TENANT, Database
from storage.repositories import users
from storage.tables.revoked_token import RevokedToken

_EMAIL = re.compile(r"[^\s@<>\"\x00-\x1f\x7f]{1,64}@[^\s@<>\"\x00-\x1f\x7f]{1,255}")
_NEXT = datetime.timedelta(milliseconds=1)


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
        key_of(email)
        self.slow_down(address)
        password_hash = await self.passwords.hash(password)
        now = self.clock.utc()
        try:
            async with self.database.writing(EVERY_TENANT) as session:
                user = await people.join(session, email, password_hash, now, self.on_signup)
        except IntegrityError as error:
            raise ConflictError("Email already registered", code="auth.email_taken") from error
        return self.tokens.make(user.id, now)

    async def log_in(self, email: str, password: str, address: str | None) -> str:
        """Return a log-in token; arguments and errors as `sign_up`.

        Raises:
            UnauthenticatedError: Address or password is wrong; which, is not said, and does not show in the time.
        """
        email_key = email.strip().lower()
        self.slow_down(address, email_key)
        async with self.database.reading(EVERY_TENANT) as session:
            user = await users.by_email(session, email_key)
        if not await self.passwords.matches(password, user.password_hash if user else None) or user is None:
            raise UnauthenticatedError("Invalid credentials", code="auth.invalid_credentials")
        self.forgive(email_key)
        if user.password_hash is not None and self.passwords.is_dated(user.password_hash):
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

    async def change_password(self, who: Principal, password: str, wanted: str, address: str | None) -> str:
        """Set another password and void all log-in tokens; return a new one.

        Args:
            who: A person.
            password: The one so far.
            wanted: The one from now on.
            address: As for `sign_up`.

        Raises:
            ForbiddenError: Who needs no log-in has no password.
            UnauthenticatedError: It is not the one so far, or there is none: a reset sets the first.
            RateLimitedError: Too many tries.
        """
        async with self.database.reading(who.account_id) as session:
            user = await users.by_id(session, who.user_id) if who.user_id is not None else None
        if user is None:
            raise ForbiddenError("Who needs no log-in has no password.", code="auth.no_password")
        self.slow_down(address, user.email_key)
        if not await self.passwords.matches(password, user.password_hash):
            raise UnauthenticatedError("Invalid credentials", code="auth.invalid_credentials")
        self.forgive(user.email_key)
        password_hash, now = await self.passwords.hash(wanted), self.clock.utc()
        async with self.database.writing(user.account_id) as session:
            await users.change_password_hash(session, user.id, password_hash)
            await users.void_tokens(session, user.id, now)
        return self.admit(user.id)

    def admit(self, user_id: str) -> str:
        """Return a log-in token that is good even if all tokens until now were voided."""
        return self.tokens.make(user_id, self.clock.utc() + _NEXT)

    def forgive(self, email_key: str) -> None:
        """Give back a try that turned out to be no guess."""
        self._emails.give_back(email_key, self.clock.now_s())

    def slow_down(self, address: str | None, email_key: str | None = None) -> None:
        """Count a try of a peer, and at an address.

        Raises:
            RateLimitedError: There were too many.
        """
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
