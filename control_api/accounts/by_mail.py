"""What people do by mail: prove an address, log in with a code, set a new password (docs/adr/0019)."""

from dataclasses import dataclass, field
from urllib.parse import quote

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.accounts import mail, people
from control_api.accounts.login import Login, key_of
from control_api.accounts.mail import Mail, Mailer, MailError
from control_api.accounts.mailed_codes import MailedCodes, Purpose
from control_api.accounts.throttle import Throttle
from control_api.principal import Principal
from kit.errors import ForbiddenError, InputError, RateLimitedError, UnauthenticatedError
from storage.engine import EVERY_TENANT
from storage.repositories import users

log = structlog.get_logger(__name__)


def _five_an_hour() -> Throttle:
    return Throttle(tries=5, refill_s=3600 / 5)


@dataclass(slots=True)
class ByMail:
    """Sends codes and links, and takes them back.

    Attributes:
        login: Whom it lets in, and how often somebody may try.
        public_url: What links begin with.
        needs_proof: Whether API keys are only for people whose address is proven.
    """

    login: Login
    mailer: Mailer
    codes: MailedCodes
    public_url: str
    needs_proof: bool
    _mails: Throttle = field(default_factory=_five_an_hour)

    async def send(self, letter: Mail) -> None:
        """Send a mail of any kind, a few an hour to one address.

        Raises:
            MailError: It does not leave.
            RateLimitedError: Too many mails.
        """
        self._count_mail(key_of(letter.to))
        await self.mailer.send(letter)

    # --- proof of an address ------------------------------------------------------------------------------------------
    async def welcome(self, email: str) -> None:
        """Ask a new user to prove their address; a mail that does not leave costs nothing but the mail."""
        if not self.needs_proof:
            return
        try:
            await self._ask_for_proof(email)
        except (MailError, RateLimitedError, SQLAlchemyError) as error:
            log.warning("verification_not_sent", reason=type(error).__name__)

    async def ask_again(self, who: Principal) -> None:
        """Ask once more.

        Raises:
            InputError: There is nothing to prove.
            MailError: No mail leaves.
            RateLimitedError: Too many mails.
        """
        async with self.login.database.reading(who.account_id) as session:
            user = await users.by_id(session, who.user_id) if who.user_id is not None else None
        if user is None or user.email_verified_at is not None:
            raise InputError("There is no address to verify.", code="auth.nothing_to_verify")
        await self._ask_for_proof(user.email)

    async def prove(self, token: str) -> None:
        """Note that an address is its user's.

        Raises:
            InputError: The link is wrong or came too late.
        """
        now = self.login.clock.utc()
        email_key = await self.codes.use_link(Purpose.VERIFY, token, now)
        async with self.login.database.writing(EVERY_TENANT) as session:
            await users.note_proof(session, email_key, now)

    async def require_proof(self, session: AsyncSession, who: Principal) -> None:
        """Let pass whose address is proven, or need not be.

        Raises:
            ForbiddenError: It is not.
        """
        if not self.needs_proof or who.user_id is None:
            return
        user = await users.by_id(session, who.user_id)
        if user is None or user.email_verified_at is None:
            raise ForbiddenError(
                "Email not verified. Check your inbox for a verification link.", code="auth.email_not_verified"
            )

    # --- log-in by code -----------------------------------------------------------------------------------------------
    async def ask_code(self, email: str, address: str | None) -> None:
        """Send a code to log in with, whether or not the address has an account.

        Args:
            email: Where to.
            address: Of the peer; None for who need not be slowed.

        Raises:
            InputError: This is no e-mail address.
            MailError: No mail leaves.
            RateLimitedError: Too many mails, or too many tries.
        """
        email_key = self._allowed(email, address)
        code = await self.codes.make_code(Purpose.LOG_IN, email_key, self.login.clock.utc())
        await self.mailer.send(mail.log_in_code(email.strip(), code))

    async def log_in(self, email: str, code: str, address: str | None) -> str:
        """Return a log-in token for a code; makes the account if there is none.

        Raises:
            UnauthenticatedError: It is not the code, or not any more.
            RateLimitedError: Too many tries.
        """
        await self._take(Purpose.LOG_IN, email, code, address)
        now = self.login.clock.utc()
        user = await people.arrive(self.login.database, email, now, self.login.on_signup)
        return self.login.admit(user.id)

    # --- a new password -----------------------------------------------------------------------------------------------
    async def ask_reset(self, email: str, address: str | None) -> None:
        """Send a code to set a new password with; who has no account is told so, by mail. See `ask_code`."""
        email_key = self._allowed(email, address)
        async with self.login.database.reading(EVERY_TENANT) as session:
            known = await users.by_email(session, email_key) is not None
        code = await self.codes.make_code(Purpose.RESET, email_key, self.login.clock.utc())
        to = email.strip()
        await self.mailer.send(mail.reset_code(to, code) if known else mail.no_account(to))

    async def reset(self, email: str, code: str, password: str, address: str | None) -> str:
        """Set a new password and void all log-in tokens; return a new one. Errors as `log_in`."""
        password_hash = await self.login.passwords.hash(password)
        await self._take(Purpose.RESET, email, code, address)
        now = self.login.clock.utc()
        user = await people.arrive(self.login.database, email, now, self.login.on_signup)
        async with self.login.database.writing(user.account_id) as session:
            await users.change_password_hash(session, user.id, password_hash)
            await users.void_tokens(session, user.id, now)
        return self.login.admit(user.id)

    async def _take(self, purpose: Purpose, email: str, code: str, address: str | None) -> None:
        email_key = email.strip().lower()
        self.login.slow_down(address, email_key)
        if not await self.codes.use_code(purpose, email_key, code, self.login.clock.utc()):
            raise UnauthenticatedError("Invalid or expired OTP code", code="auth.invalid_code")
        self.login.forgive(email_key)

    async def _ask_for_proof(self, email: str) -> None:
        email_key = key_of(email)
        self._count_mail(email_key)
        token = await self.codes.make_link(Purpose.VERIFY, email_key, self.login.clock.utc())
        link = f"{self.public_url}/auth/verify-email/confirm?token={quote(token)}"
        await self.mailer.send(mail.verification(email, link))

    def _allowed(self, email: str, address: str | None) -> str:
        email_key = key_of(email)
        self.login.slow_down(address)
        self._count_mail(email_key)
        return email_key

    def _count_mail(self, email_key: str) -> None:
        wait_s = self._mails.take(email_key, self.login.clock.now_s())
        if wait_s > 0.0:
            raise RateLimitedError(
                f"Too many mails to this address. Try again in {round(wait_s / 60) or 1} min.",
                retry_after_s=wait_s,
                code="auth.too_many_mails",
            )
