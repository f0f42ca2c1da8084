"""Codes and links that are sent by mail: they work once, for a while, and bear few tries (docs/adr/0019)."""

import datetime
import enum
import hashlib
import hmac
import secrets
from typing import Final

from kit.errors import InputError
from kit.ids import uuid7
from storage.engine import EVERY_TENANT, Database
from storage.repositories import mailed_codes
from storage.tables.mailed_code import MailedCode

CODE_LIFE: Final = datetime.timedelta(minutes=10)
LINK_LIFE: Final = datetime.timedelta(hours=24)
TRIES: Final = 5
_DIGITS: Final = 6


class Purpose(enum.StrEnum):
    """What something was sent for; it is good for nothing else."""

    VERIFY = "verify"
    LOG_IN = "log_in"
    RESET = "reset"


class MailedCodes:
    """Makes and uses them. It opens its own transactions: a try is counted whatever comes of it."""

    def __init__(self, database: Database, secret: bytes) -> None:
        """Keep only HMACs under a key derived from the server's `secret`."""
        self._database = database
        self._key = hmac.digest(secret, b"mailed codes v1", hashlib.sha256)

    async def make_code(self, purpose: Purpose, email_key: str, now: datetime.datetime) -> str:
        """Return six digits for an address; those that were sent before are void."""
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        await self._keep(purpose, email_key, self._hash(purpose, f"{email_key}/{code}"), now, CODE_LIFE)
        return code

    async def make_link(self, purpose: Purpose, email_key: str, now: datetime.datetime) -> str:
        """Return the token of a link for an address; the one that was sent before is void."""
        token = secrets.token_urlsafe(32)
        await self._keep(purpose, email_key, self._hash(purpose, token), now, LINK_LIFE)
        return token

    async def use_code(self, purpose: Purpose, email_key: str, code: str, now: datetime.datetime) -> bool:
        """Say whether the address was sent this code, once."""
        async with self._database.writing(EVERY_TENANT) as session:
            kept = await mailed_codes.use_up_a_try(session, purpose, email_key, now)
        wanted = self._hash(purpose, f"{email_key}/{code}")
        if kept is None or not hmac.compare_digest(kept.secret_hash, wanted):
            return False
        async with self._database.writing(EVERY_TENANT) as session:
            return await mailed_codes.remove(session, kept.id)

    async def use_link(self, purpose: Purpose, token: str, now: datetime.datetime) -> str:
        """Return the address that a link was sent to, once.

        Raises:
            InputError: Nobody was sent it, or it was used, or it came too late.
        """
        async with self._database.writing(EVERY_TENANT) as session:
            kept = await mailed_codes.by_secret(session, purpose, self._hash(purpose, token))
            if kept is None or not await mailed_codes.remove(session, kept.id):
                raise InputError("Invalid verification token", code="auth.invalid_link")
        if kept.expires_at <= now:
            raise InputError("Verification link expired", code="auth.link_expired")
        return kept.email_key

    async def _keep(
        self, purpose: Purpose, email_key: str, secret_hash: str, now: datetime.datetime, life: datetime.timedelta
    ) -> None:
        row = MailedCode(
            id=uuid7(),
            purpose=purpose,
            email_key=email_key,
            secret_hash=secret_hash,
            tries_left=TRIES,
            expires_at=now + life,
        )
        async with self._database.writing(EVERY_TENANT) as session:
            await mailed_codes.replace(session, row, now)

    def _hash(self, purpose: Purpose, text: str) -> str:
        return hmac.new(self._key, f"{purpose}/{text}".encode(), hashlib.sha256).hexdigest()
