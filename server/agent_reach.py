"""Which models of the catalogue an account's calls can use: by its own keys, and the server's."""

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.catalogue.reach import CanCall
from control_api.catalogue.rows import Row
from server.account_choice import AccountChoices
from server.provider_choice import Choice, Pick, parse_picks


class AccountReach:
    """`control_api.catalogue.reach.Reach`."""

    def __init__(self, choices: AccountChoices, *, has_local_model: bool) -> None:
        self._choices = choices
        self._has_local_model = has_local_model

    async def of(self, session: AsyncSession, account_id: str) -> CanCall:
        """See the port."""
        choice = await self._choices.within(session, account_id)

        def can_call(row: Row) -> bool:
            if row.kind == "vad":
                return True
            if row.engine == "default":
                return bool(choice.llm) or self._has_local_model
            return bool(row.engine) and _has_all(choice, parse_picks(row.kind, row.engine)[0])

        return can_call


def _has_all(choice: Choice, pick: Pick) -> bool:
    access, wants = choice.access_of(pick), pick.served.wants
    has_key = "key" not in wants or access.key is not None
    return has_key and ("address" not in wants or access.base_url is not None)
