"""Errors, named by who must act; each has a stable dotted code, which is API."""


class AntiphonError(Exception):
    """Base of all errors we raise on purpose.

    Attributes:
        code: Stable and dotted, such as `flow.unknown_target`.
    """

    code = "internal"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        """Keep `message` for people and `code` for programs."""
        super().__init__(message)
        if code is not None:
            self.code = code


class InputError(AntiphonError):
    """The caller must act: a request or a flow is wrong."""

    code = "input.invalid"


class NotFoundError(InputError):
    """The caller named a thing that does not exist."""

    code = "input.not_found"


class UnauthenticatedError(InputError):
    """The caller did not prove who they are."""

    code = "auth.required"


class ForbiddenError(InputError):
    """We know the caller; they may not do this."""

    code = "auth.forbidden"


class ConflictError(InputError):
    """What the caller wants contradicts what is there."""

    code = "input.conflict"


class RateLimitedError(InputError):
    """The caller asks too often.

    Attributes:
        retry_after_s: When asking again makes sense, from now.
    """

    code = "input.too_often"

    def __init__(self, message: str, *, retry_after_s: float, code: str | None = None) -> None:
        """Say when to come again."""
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class InsufficientCreditsError(InputError):
    """The account's credits do not suffice; somebody must pay."""

    code = "insufficient_credits"

    def __init__(self, message: str = "Insufficient credits.") -> None:
        """Say it."""
        super().__init__(message)


class ProtocolError(AntiphonError):
    """The peer broke the wire protocol."""

    code = "protocol.violation"


class ConfigError(AntiphonError):
    """The operator must act; raised at start-up only."""

    code = "config.invalid"


class CapacityError(AntiphonError):
    """The server takes no further call now; try again or elsewhere."""

    code = "capacity.full"


class ProviderError(AntiphonError):
    """A provider failed; the session falls back or apologises.

    Attributes:
        provider: Its name, such as `openai`.
        retryable: Whether the same request may succeed later.
        retry_after_s: How long it asked to be left in peace; None where it did not.
    """

    code = "provider.failed"

    def __init__(
        self,
        provider: str,
        message: str,
        *,
        retryable: bool,
        code: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """Name the provider in the text too."""
        super().__init__(f"{provider}: {message}", code=code)
        self.provider = provider
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class DialRefusedError(ProviderError):
    """A carrier made no call, and will make none: nobody rings.

    The message is ours; what the carrier said is for the log.
    """

    code = "call.refused"
