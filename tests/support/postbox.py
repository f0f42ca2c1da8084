"""Where mails of a test end up."""

import re
from dataclasses import dataclass, field

from control_api.accounts.mail import Mail, MailError

PUBLIC_URL = "https://api.example.com"


@dataclass
class Postbox:
    """`Mailer`: what was sent lies here.

    Attributes:
        closed: Nothing is taken.
    """

    mails: list[Mail] = field(default_factory=list)
    closed: bool = False
    sends = True

    async def send(self, mail: Mail) -> None:
        if self.closed:
            raise MailError("it could not be sent; try again later")
        self.mails.append(mail)

    def code(self) -> str:
        """Return the six digits of the last mail."""
        found = re.findall(r"\b\d{6}\b", self.mails[-1].text)
        assert len(found) == 1, self.mails[-1]
        return str(found[0])

    def link(self) -> str:
        """Return path and query of the link in the last mail."""
        found = re.findall(rf"{PUBLIC_URL}(\S+)", self.mails[-1].text)
        assert len(found) == 1, self.mails[-1]
        return str(found[0])
