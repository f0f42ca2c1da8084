"""Mail, to a server that speaks SMTP."""

import asyncio

import pytest

from control_api.accounts.mail import Mail, MailError
from control_api.accounts.smtp import SmtpAccess, SmtpMailer
from tests.support.vendors.smtp import PASSWORD, USER, SmtpServer

_MAIL = Mail("ada@example.com", "Grüße", "Your code is 123456.\n.\nBye\n")


def _mailer(server: SmtpServer, password: str = PASSWORD, timeout_s: float = 5.0) -> SmtpMailer:
    access = SmtpAccess("127.0.0.1", server.port, "none", "Antiphon <no-reply@example.com>", USER, password)
    return SmtpMailer(access, timeout_s)


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with SmtpServer().running() as server:
        await _mailer(server).send(_MAIL)
    ((recipients, message),) = server.mails
    assert recipients == ["ada@example.com"]
    assert (message["To"], message["From"]) == ("ada@example.com", "Antiphon <no-reply@example.com>")
    assert message["Subject"] == "Grüße"
    assert message["Message-ID"].endswith("@example.com>")
    assert message.get_content().startswith("Your code is 123456.\r\n")


@pytest.mark.parametrize(
    "to", ["a,victim@example.com", "ada@example.com\r\nBcc: x@example.com", "ada", "<a@b>@c", "a@b@c", ""]
)
async def test_an_address_that_is_more_than_one_is_not_written_to(to: str) -> None:
    async with SmtpServer().running() as server:
        with pytest.raises(MailError):
            await _mailer(server).send(Mail(to, "s", "t"))
    assert server.mails == []


async def test_a_server_that_refuses_is_told_without_its_words() -> None:
    async with SmtpServer(refuses="550 5.1.1 <ada@example.com> unknown").running() as server:
        with pytest.raises(MailError, match="could not be sent") as caught:
            await _mailer(server).send(_MAIL)
        assert "ada" not in str(caught.value)
        with pytest.raises(MailError):
            await _mailer(server, "wrong").send(_MAIL)


async def test_a_server_that_is_deaf_or_away_is_given_up() -> None:
    async with SmtpServer(is_deaf=True).running() as server:
        with pytest.raises(MailError):
            async with asyncio.timeout(5):
                await _mailer(server, timeout_s=0.2).send(_MAIL)
    with pytest.raises(MailError):
        await _mailer(server).send(_MAIL)


async def test_a_server_without_encryption_is_not_used_where_it_is_wanted() -> None:
    async with SmtpServer().running() as server:
        access = SmtpAccess("127.0.0.1", server.port, "starttls", "no-reply@example.com", USER, PASSWORD)
        with pytest.raises(MailError):
            await SmtpMailer(access, 5.0).send(_MAIL)
    assert server.mails == []
