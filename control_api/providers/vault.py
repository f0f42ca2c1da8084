"""Keeps secrets that we must be able to read again, such as a provider's key."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit.errors import InputError

_VERSION = "v1."
_NONCE_BYTES = 12


class Vault:
    """AES-256-GCM; a text is bound to what it is about, so that nobody can put one in another's place."""

    def __init__(self, secret: bytes) -> None:
        """Derive the key from the operator's secret."""
        self._cipher = AESGCM(HKDF(SHA256(), 32, None, b"antiphon vault v1").derive(secret))

    def seal(self, text: str, about: str) -> str:
        """Encrypt; the same text never looks the same twice."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), about.encode())
        return _VERSION + base64.urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, about: str) -> str:
        """Decrypt.

        Raises:
            InputError: It was sealed with another secret, about something else, or was changed.
        """
        try:
            data = base64.urlsafe_b64decode(sealed.removeprefix(_VERSION))
            return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], about.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise InputError(
                "A key that was kept cannot be read; set it again.", code="provider.key_unreadable"
            ) from error
