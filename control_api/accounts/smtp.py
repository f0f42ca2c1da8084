"""Mail by SMTP (RFC 5321): one short connection for each mail, in a thread."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final, Literal

import structlog

from control_api.accounts.mail import Mail, MailError

Security = Literal["starttls", "tls", "none"]
_TIMEOUT_S: Final = 10.0
_AT_ONCE: Final = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SmtpAccess:
    """Who carries our mail.

    Attributes:
        security: `starttls` begins in the clear and refuses to go on so.
        user: None: no log-in is needed.
        sender: Address in `From`, maybe with a name: `Antiphon <no-reply@example.com>`.
    """

    host: str
    port: int
    security: Security
    sender: str
    user: str | None = None
    password: str = ""


class SmtpMailer:
    """`control_api.accounts.mail.Mailer`."""

    sends = True

    def __init__(self, access: SmtpAccess, timeout_s: float = _TIMEOUT_S) -> None:
        """Prepare; connects for each mail."""
        self._access = access
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def send(self, mail: Mail) -> None:
        """Hand a mail over; see the port."""
        try:
            message = self._message(mail)
        except (ValueError, IndexError, MessageError) as error:
            raise MailError("it cannot be sent to this address") from error
        try:
            async with self._places:
                await asyncio.to_thread(self._deliver, message, mail.to)
        except (smtplib.SMTPException, OSError) as error:
            log.warning("mail_not_sent", reason=type(error).__name__)  # its text may hold the address
            raise MailError("it could not be sent; try again later") from error

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._access.sender
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = make_msgid(domain=self._access.sender.rpartition("@")[2].strip(" >") or None)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message

    def _deliver(self, message: EmailMessage, to: str) -> None:
        access, secure = self._access, ssl.create_default_context()
        with (
            smtplib.SMTP_SSL(access.host, access.port, timeout=self._timeout_s, context=secure)
            if access.security == "tls"
            else smtplib.SMTP(access.host, access.port, timeout=self._timeout_s)
        ) as server:
            if access.security == "starttls":
                server.starttls(context=secure)
            if access.user is not None:
                server.login(access.user, access.password)
            server.send_message(message, to_addrs=[to])
