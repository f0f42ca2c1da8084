"""An S3-compatible object store, for recordings; the library is loaded when one is set up (docs/adr/0047)."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kit.errors import ConfigError, ProviderError
from server.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Store

LINK_LIFE = datetime.timedelta(minutes=5)
_TIMEOUT = datetime.timedelta(seconds=60)
_RETRY_WITHIN = datetime.timedelta(seconds=30)
_AT_ONCE = 2  # parts of one file


class S3Recordings:
    """`server.recording_uploads.RecordingStore` in a bucket."""

    def __init__(self, store: "S3Store") -> None:
        """Keep files in `store`."""
        self._store = store

    async def put(self, name: str, path: Path) -> None:
        """See the port."""
        from obstore.exceptions import BaseError

        try:
            await self._store.put_async(name, path, max_concurrency=_AT_ONCE)
        except (BaseError, OSError) as error:  # its words name hosts and keys
            why = type(error).__name__
            raise ProviderError("s3", f"not stored: {why}", retryable=True, code="store.away") from error

    def link(self, name: str) -> str:
        """See the port."""
        from obstore import sign

        return sign(self._store, "GET", name, LINK_LIFE)


def s3_recordings(settings: Settings) -> S3Recordings | None:
    """Return the store that the settings name; None if they name none.

    Raises:
        ConfigError: They are not complete.
    """
    bucket, key_id, secret = settings.recordings_bucket, settings.recordings_key_id, settings.recordings_secret_key
    if bucket is None:
        return None
    if key_id is None or secret is None:
        raise ConfigError("Set RECORDINGS_KEY_ID and RECORDINGS_SECRET_KEY beside RECORDINGS_BUCKET.")
    from obstore.store import S3Store

    store = S3Store(
        bucket,
        prefix=settings.recordings_prefix or None,
        endpoint=settings.recordings_endpoint,
        region=settings.recordings_region,
        access_key_id=key_id,
        secret_access_key=secret.get_secret_value(),
        virtual_hosted_style_request=settings.recordings_endpoint is None,
        client_options={"timeout": _TIMEOUT, "allow_http": True},
        retry_config={"max_retries": 2, "retry_timeout": _RETRY_WITHIN},
    )
    return S3Recordings(store)
