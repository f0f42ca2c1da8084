"""The vendor's SDK, imported when it is first used, and its failures as ours."""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kit.errors import ProviderError
from providers.retry_after import retry_after_s

if TYPE_CHECKING:
    import httpx
    from deepgram import AsyncDeepgramClient

PROVIDER = "deepgram"
BASE_URL = "https://api.deepgram.com"
_RETRYABLE_STATUS = frozenset({408, 409, 425, 429})


def sdk_client(api_key: str, base_url: str, http: "httpx.AsyncClient | None" = None) -> "AsyncDeepgramClient":
    """Return a client that connects to nothing yet.

    Its sockets are ours (`transport.py`), for which it has a place: its own wait up to 30 s for a dead peer to answer
    a goodbye.

    Args:
        api_key: Kept by the client alone.
        base_url: `https://…` or `http://…`; sockets go to the same place.
        http: What requests are sent with.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it looks for the old websockets API while it is imported
        from deepgram import AsyncDeepgramClient
        from deepgram.environment import DeepgramClientEnvironment

        from providers.deepgram.transport import Transport

        sockets_url = base_url.rstrip("/").replace("http", "ws", 1)
        environment = DeepgramClientEnvironment(
            base=base_url.rstrip("/"), production=sockets_url, agent=sockets_url, agent_rest=base_url.rstrip("/")
        )
        return AsyncDeepgramClient(
            api_key=api_key, environment=environment, httpx_client=http, transport_factory=Transport, max_retries=0
        )


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what the SDK and its transports raise into `ProviderError`, without what they know of the key."""
    import httpx
    from deepgram.core.api_error import ApiError
    from websockets.exceptions import ConnectionClosedError, InvalidStatus, WebSocketException
    from websockets.frames import CloseCode

    try:
        yield
    except TimeoutError as error:
        raise ProviderError(PROVIDER, "took too long", retryable=True, code="provider.timeout") from error
    except ApiError as error:
        raise refused(error.status_code or 0, error.headers or {}) from None
    except InvalidStatus as error:
        raise refused(error.response.status_code, dict(error.response.headers.raw_items())) from None
    except ValueError as error:
        raise ProviderError(PROVIDER, "sent what is not its protocol", retryable=True) from error
    except ConnectionClosedError as error:
        if error.sent is not None and error.sent.code == CloseCode.INTERNAL_ERROR:  # we hung up: no pong came
            raise ProviderError(PROVIDER, "is not there any more", retryable=True, code="provider.stalled") from error
        raise ProviderError(PROVIDER, "the connection broke", retryable=True) from error
    except (WebSocketException, httpx.HTTPError, OSError) as error:
        raise ProviderError(PROVIDER, f"the connection failed: {type(error).__name__}", retryable=True) from error


def refused(status: int, headers: Mapping[str, str]) -> ProviderError:
    """Return the error of an HTTP answer."""
    retryable = status in _RETRYABLE_STATUS or status >= 500 or status == 0
    code = {401: "provider.key", 403: "provider.key", 429: "provider.rate_limited"}.get(status)
    wait_s = retry_after_s(status, headers)
    return ProviderError(PROVIDER, f"answered HTTP {status}", retryable=retryable, code=code, retry_after_s=wait_s)


def number(value: Any, otherwise: float = 0.0) -> float:
    """Return what should be a number in a message; the SDK does not check types."""
    return float(value) if isinstance(value, int | float) else otherwise
