"""Identifiers that sort by the time they were made."""

import secrets
import time
import uuid


def uuid7() -> str:
    """Return a UUIDv7 in its 36-character form (RFC 9562 §5.7, with the fraction of §6.2 method 3)."""
    unix_ms, rest_ns = divmod(time.time_ns(), 1_000_000)
    fraction = rest_ns * 4096 // 1_000_000  # 12 bits: a quarter of a microsecond
    value = (unix_ms << 80) | (0x7 << 76) | (fraction << 64) | (0x2 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def session_token() -> str:
    """Return a single-use session token, `st_` and 43 URL-safe characters."""
    return f"st_{secrets.token_urlsafe(32)}"
