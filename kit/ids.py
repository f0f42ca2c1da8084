"""Identifiers that sort by the time they were made."""

import secrets
import time
import uuid


def uuid7() -> str:
    """Return a UUIDv7 in its 36-character form (RFC 9562 §5.7)."""
    unix_ms = time.time_ns() // 1_000_000
    value = (unix_ms << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def session_token() -> str:
    """Return a single-use session token, `st_` and 43 URL-safe characters."""
    return f"st_{secrets.token_urlsafe(32)}"
