"""A mail server (RFC 5321, with AUTH PLAIN of RFC 4954); it keeps what it takes."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self

USER, PASSWORD = "mailer", "mail-secret"


@dataclass
class SmtpServer:
    """One server.

    Attributes:
        mails: Envelope's recipients and message of each mail.
        refuses: What it answers to a recipient, if it takes none.
    """

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuses: str | None = None
    is_deaf: bool = False
    port: int = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        knows = False

        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        if not self.is_deaf:
            say("220 mail.example.com ESMTP")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO":
                    say("250-mail.example.com")
                    say("250 AUTH PLAIN")
                case "AUTH":
                    knows = base64.b64decode(rest.removeprefix("PLAIN ")).decode() == f"\0{USER}\0{PASSWORD}"
                    say("235 ok" if knows else "535 5.7.8 no")
                case "MAIL":
                    say("250 ok" if knows else "530 5.7.0 log in first")
                case "RCPT":
                    recipients.append(rest[rest.index("<") + 1 : rest.index(">")])
                    say(self.refuses or "250 ok")
                case "DATA":
                    say("354 go on")
                    body = await reader.readuntil(b"\r\n.\r\n")
                    message = message_from_bytes(body[:-5], policy=policy.default)
                    assert isinstance(message, EmailMessage)
                    self.mails.append((recipients, message))
                    recipients = []
                    say("250 ok")
                case "QUIT":
                    say("221 bye")
                    break
                case _:
                    say("250 ok")
        writer.close()
        await writer.wait_closed()
