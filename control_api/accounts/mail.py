"""Mails to people, and the port through which they leave."""

from dataclasses import dataclass
from typing import Protocol

from kit.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, in plain text."""

    to: str
    subject: str
    text: str


class MailError(ProviderError):
    """A mail did not leave; later it may."""

    code = "mail.not_sent"

    def __init__(self, message: str) -> None:
        """Say why, without the address."""
        super().__init__("e-mail", message, retryable=True)


class Mailer(Protocol):
    """The way out."""

    @property
    def sends(self) -> bool:
        """Whether mail leaves at all."""

    async def send(self, mail: Mail) -> None:
        """Hand a mail over to a server that takes care of it.

        Raises:
            MailError: It did not take it.
        """


class NoMailer:
    """Where nobody has said how mail leaves."""

    sends = False

    async def send(self, mail: Mail) -> None:
        """Say that it does not."""
        raise MailError("this server is not set up to send any")


def verification(to: str, link: str) -> Mail:
    """Return the mail that asks whether an address is right."""
    return Mail(
        to,
        "Confirm your e-mail address",
        f"Somebody signed up with this address. If it was you, open this link within 24 hours:\n\n{link}\n\n"
        "If it was not you, ignore this mail.\n",
    )


def log_in_code(to: str, code: str) -> Mail:
    """Return the mail with a code to log in."""
    return Mail(
        to,
        "Your log-in code",
        f"{code}\n\nThis code logs you in once, within 10 minutes. Nobody of us will ever ask you for it.\n"
        "If you did not ask for it, ignore this mail.\n",
    )


def reset_code(to: str, code: str) -> Mail:
    """Return the mail with a code to set a new password."""
    return Mail(
        to,
        "Your code for a new password",
        f"{code}\n\nThis code sets a new password once, within 10 minutes, and logs you out everywhere.\n"
        "If you did not ask for it, ignore this mail: your password stays as it is.\n",
    )


def no_account(to: str) -> Mail:
    """Return the mail to who wants a new password and has no account."""
    return Mail(
        to,
        "You have no account here",
        "Somebody asked for a new password for this address, but there is no account with it.\n"
        "If it was you, sign up, or try another address. If not, ignore this mail.\n",
    )
