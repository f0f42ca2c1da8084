"""Hashes of passwords, made and checked off the event loop."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 2  # each takes 64 MiB and a core


class Passwords:
    """Argon2id with RFC 9106's second recommended option, unless told otherwise."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Prepare; `hasher` decides what a hash costs."""
        self._hasher = hasher or PasswordHasher()
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._nobodys_hash: str | None = None

    async def hash(self, password: str) -> str:
        """Return the text to keep."""
        async with self._places:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, kept: str | None) -> bool:
        """Say whether the password is the one; takes as long where there is none (`kept` is None)."""
        if self._nobodys_hash is None:
            self._nobodys_hash = await self.hash(secrets.token_urlsafe())
        async with self._places:
            return await asyncio.to_thread(self._verify, kept or self._nobodys_hash, password) and kept is not None

    def is_dated(self, kept: str) -> bool:
        """Say whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
