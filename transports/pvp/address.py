"""What the address of a PVP connection asks for (docs/pvp.md §1)."""

from collections.abc import Iterable

from kit.errors import InputError
from transports.ports import CallRequest

_MODES = frozenset({"flow", "program", "assistant", "onboarding"})
_NOT_METADATA = frozenset(
    {"agent", "agent_id", "mode", "program_id", "flow", "token", "api_key", "session_token", "last_seq", "resume"}
)
_MAX_METADATA = 32
_MAX_METADATA_CHARS = 256


def request_of(query: Iterable[tuple[str, str]], call_id: str, account_id: str | None = None) -> CallRequest:
    """Read the query of `/ws` for the account that talks; of a repeated parameter the last one counts.

    Raises:
        InputError: `session.unsupported_mode`.
    """
    parameters = dict(query)
    mode = parameters.get("mode", "flow")
    if mode not in _MODES:
        raise InputError("This mode is not supported; use mode=flow.", code="session.unsupported_mode")
    rest = [(key, value) for key, value in parameters.items() if key not in _NOT_METADATA]
    metadata = {key[:_MAX_METADATA_CHARS]: value[:_MAX_METADATA_CHARS] for key, value in rest[:_MAX_METADATA]}
    flow = parameters.get("program_id") or parameters.get("flow") or ""
    agent_id = parameters.get("agent") or parameters.get("agent_id")
    if agent_id:
        return CallRequest(call_id, None, metadata, metadata, account_id, agent_id=agent_id)
    return CallRequest(call_id, flow, metadata=metadata, account_id=account_id)
