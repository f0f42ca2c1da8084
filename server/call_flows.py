"""Which flow a call runs: the one that its session pinned, or the assistant of a session that named none."""

from flows.load import load
from flows.model import Flow
from server.account_flows import AccountFlows
from transports.ports import CallRequest

ASSISTANT = load("""\
id: assistant
version: "1.0.0"
description: Talks about anything
initial_state: talk
settings:
  base_system_prompt: >-
    You are a helpful voice assistant. Answer in one to three short sentences, in the caller's language, without lists
    or markup; what you write is spoken aloud. Say so when you do not know.
states:
  talk:
    say: Hello! What can I do for you?
    prompt: Talk with the caller and help with what they ask.
    reprompt: I am still here. What can I do for you?
""")


class CallFlows:
    """Finds the flow of each call."""

    def __init__(self, accounts: AccountFlows) -> None:
        self._accounts = accounts

    async def of(self, request: CallRequest) -> Flow:
        """Return the flow of a call, ready to run.

        Raises:
            NotFoundError: `flow.not_found`.
            InputError: It is broken.
        """
        if request.flow is None:
            return ASSISTANT
        return await self._accounts.flow(request.account_id, request.flow, request.flow_version_id)
