"""Who may talk without a session token."""

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from control_api.auth import Authenticator, Credentials, credentials_of
from control_api.principal import LOCAL_ACCOUNT_ID
from kit.errors import CapacityError, UnauthenticatedError


class AccountDoor:
    """`transports.ports.Doorkeeper`: whoever the control plane knows; if the operator says so, anybody.

    Attributes:
        open_to_all: Who has no credential at all talks for the server's own account.
    """

    def __init__(self, authenticator: Authenticator, *, open_to_all: bool) -> None:
        self._authenticator = authenticator
        self._open_to_all = open_to_all

    async def account_of(self, connection: HTTPConnection) -> str:
        """See the port."""
        given = credentials_of(connection)
        try:
            return (await self._authenticator.principal(given)).account_id
        except UnauthenticatedError:
            if self._open_to_all and given == Credentials(local=given.local):
                return LOCAL_ACCOUNT_ID
            raise
        except SQLAlchemyError as error:
            raise CapacityError("The server cannot begin calls just now; try again in a moment.") from error
