"""The vendor's SDK for any server that speaks its API: connections that are kept, and its failures as ours."""

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager

from kit.errors import ProviderError
from providers.retry_after import retry_after_s
from providers.warmth import KEPT_S, Warmth

BASE_URL = "https://api.openai.com/v1"
_RETRYABLE_STATUS = frozenset({408, 409, 425, 429})
_CODES = {400: "provider.refused", 401: "provider.key", 403: "provider.key", 404: "provider.refused"}


class OpenAiSdk:
    """One server and one key.

    Attributes:
        client: `openai.AsyncOpenAI`, which retries nothing: that is decided elsewhere.
        errors: The module `openai`, for its exceptions.
    """

    def __init__(self, *, base_url: str, api_key: str, provider: str) -> None:
        """Connect to nothing yet.

        Args:
            base_url: Ends in `/v1` as a rule.
            api_key: May be any text where the server wants none.
            provider: Named in errors.
        """
        import httpx2
        import openai  # half a second of import that only those pay who use it

        self.errors = openai
        self._transport_error = httpx2.HTTPError  # which the SDK lets through in mid-stream
        self.provider = provider
        self._http = openai.DefaultAsyncHttpxClient(
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=KEPT_S)
        )
        self.client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key or "none", max_retries=0, http_client=self._http
        )
        self._warmth = Warmth(lambda: self._http.head(base_url), httpx2.HTTPError)

    async def warm(self) -> None:
        """Open a connection."""
        await self._warmth.warm()

    def used(self) -> AbstractContextManager[None]:
        """Wrap a request; see `Warmth.used`."""
        return self._warmth.used()

    async def aclose(self) -> None:
        """Close all connections."""
        await self.client.close()

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what the SDK raises into `ProviderError`."""
        try:
            yield
        except TimeoutError as error:
            raise ProviderError(self.provider, "took too long", retryable=True, code="provider.timeout") from error
        except self.errors.APIStatusError as error:
            raise refused(self.provider, error.status_code, error.response.headers) from None
        except (self.errors.OpenAIError, self._transport_error) as error:
            raise ProviderError(self.provider, f"failed: {type(error).__name__}", retryable=True) from error
        except ValueError as error:
            raise ProviderError(self.provider, "sent what is not its protocol", retryable=True) from error


def refused(provider: str, status: int, headers: Mapping[str, str]) -> ProviderError:
    """Return the error of an HTTP answer."""
    retryable = status in _RETRYABLE_STATUS or status >= 500
    code = "provider.rate_limited" if status == 429 else _CODES.get(status)
    wait_s = retry_after_s(status, headers)
    return ProviderError(provider, f"answered HTTP {status}", retryable=retryable, code=code, retry_after_s=wait_s)
