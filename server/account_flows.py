"""The flows that calls run: an account's own, and for who sits at this machine those of the flows folder too."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.flows import stored
from control_api.principal import LOCAL_ACCOUNT_ID
from flows.load import load
from flows.model import Flow
from kit.errors import NotFoundError
from server.flow_store import FlowStore
from storage.engine import Database
from storage.repositories import flows
from storage.tables.flow_version import FlowVersion

_KEPT = 256
_MAX_LIBRARY = 64


class AccountFlows:
    """Finds and compiles flows; versions never change, so what was compiled is kept."""

    def __init__(self, database: Database, examples: FlowStore) -> None:
        self._database = database
        self._examples = examples
        self._compiled: OrderedDict[str, Flow] = OrderedDict()

    async def pin(self, session: AsyncSession, account_id: str, name: str) -> str | None:
        """Return the id of the version that is newest now; None for a flow of the flows folder.

        Args:
            session: Of the account.
            account_id: Whose flow.
            name: Its id, or that of its document; or the stem or id of one in the folder.

        Raises:
            NotFoundError: `flow.not_found`.
            InputError: The one in the folder is broken.
        """
        try:
            return (await stored.newest(session, name)).id
        except NotFoundError:
            if account_id != LOCAL_ACCOUNT_ID:
                raise
        await asyncio.to_thread(self._examples.flow, name)
        return None

    async def flow(self, account_id: str | None, name: str, version_id: str | None = None) -> Flow:
        """Return a flow that is ready to run, with those that it can call.

        Args:
            account_id: Whose; None for a flow of the folder.
            name: As for `pin`.
            version_id: As `pin` gave it; None for the newest.

        Raises:
            NotFoundError: `flow.not_found`, also if it was deleted meanwhile.
            InputError: It is broken.
        """
        if account_id is None or (account_id == LOCAL_ACCOUNT_ID and version_id is None):
            return await self._local(account_id, name)
        async with self._database.reading(account_id) as session:
            return await self._of_account(session, name, version_id)

    async def _local(self, account_id: str | None, name: str) -> Flow:
        """Prefer the account's own flow to one of the folder."""
        if account_id is not None:
            try:
                async with self._database.reading(account_id) as session:
                    return await self._of_account(session, name, None)
            except NotFoundError:
                pass
        return await asyncio.to_thread(self._examples.flow, name)

    async def _of_account(self, session: AsyncSession, name: str, version_id: str | None) -> Flow:
        if version_id is None:
            row = await stored.newest(session, name)
        else:
            found = await flows.version_by_id(session, version_id)
            if found is None:
                raise NotFoundError("Flow not found", code="flow.not_found")
            row = found
        flow = await self._compile(row)
        return replace(flow, library=await self._library(session, flow)) if _calls(flow) else flow

    async def _library(self, session: AsyncSession, flow: Flow) -> Mapping[str, Flow]:
        """Return what a flow can call, and what that can call, by the names that they are called by."""
        library: dict[str, Flow] = {}
        wanted = [*_calls(flow)]
        while wanted and len(library) < _MAX_LIBRARY:
            name = wanted.pop()
            if name in library:
                continue
            try:
                library[name] = await self._compile(await stored.newest(session, name))
            except NotFoundError:
                continue  # the call fails in the conversation, which may have a way on for that
            wanted += _calls(library[name])
        return library

    async def _compile(self, row: FlowVersion) -> Flow:
        if row.id not in self._compiled:
            self._compiled[row.id] = await asyncio.to_thread(load, row.text)
        self._compiled.move_to_end(row.id)
        while len(self._compiled) > _KEPT:
            self._compiled.popitem(last=False)
        return self._compiled[row.id]


def _calls(flow: Flow) -> list[str]:
    return [state.call.flow for state in flow.states.values() if state.call is not None]
