"""How a PVP connection ends: which last messages, which close code (docs/pvp.md §6)."""

from dataclasses import dataclass

from kit.errors import AntiphonError, UnauthenticatedError
from transports.pvp.messages import Error

_FLOW_ERRORS = {
    "flow.not_found": "Flow '{flow}' not found.",
    "flow.invalid": "Flow configuration error.",
    "flow.check_failed": "Flow validation failed.",
}
_REFUSALS = {
    "session.invalid_token": 4401,
    "insufficient_credits": 4402,
    "session.token_in_use": 4409,
    "capacity.full": 1013,
}
_MAX_NAME_CHARS = 100  # of a flow's name that is sent back


@dataclass(frozen=True, slots=True)
class Ending:
    """The last words to the client.

    Attributes:
        error: Sent first; always there if `code` is neither 1000 nor 1012.
        says_ended: `status ended` is sent, if the call has not.
    """

    code: int
    error: Error | None = None
    says_ended: bool = False


COMPLETED = Ending(1000, says_ended=True)
SERVER_STOPPING = Ending(1012, says_ended=True)
INTERNAL = Ending(1011, Error("Something went wrong on our side.", "internal"))
NO_CREDITS = Ending(4402, Error("Your credits are used up.", "insufficient_credits"))
IDLE = Ending(4408, Error("Nobody there: the call has ended.", "call.idle"))
PEER_TOO_SLOW = Ending(1008, Error("The client does not read what it is sent.", "peer.too_slow"))
TOO_MANY_BAD_FRAMES = Ending(1008, Error("Too many bad audio frames.", "audio.too_many_bad_frames"))

_BY_REASON = {
    "idle": IDLE,
    "credits_exhausted": NO_CREDITS,
    "peer_too_slow": PEER_TOO_SLOW,
    "server_stopping": SERVER_STOPPING,
    "internal": INTERNAL,
}


def of_call(end_reason: str) -> Ending:
    """Return how to end after a call that ended for this reason (`CallReport.end_reason`)."""
    return _BY_REASON.get(end_reason, COMPLETED)


def of_refusal(error: AntiphonError) -> Ending:
    """Return how to end when the call was refused for good: a token that is not valid, a full server."""
    code = 4401 if isinstance(error, UnauthenticatedError) else _REFUSALS.get(error.code, 1008)
    return Ending(code, Error(str(error), error.code))


def too_large(error: AntiphonError) -> Ending:
    """Return how to end after a text frame beyond the limit."""
    return Ending(1009, Error(str(error), error.code))


def flow_error(error: AntiphonError, flow: str, findings: tuple[dict[str, object], ...]) -> Error:
    """Say why there is no call although the client may stay, in the words that clients know."""
    text = _FLOW_ERRORS.get(error.code, str(error))
    return Error(text.replace("{flow}", flow[:_MAX_NAME_CHARS]), error.code, findings)
