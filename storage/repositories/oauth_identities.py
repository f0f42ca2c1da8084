"""As whom people are known elsewhere."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.oauth_identity import OAuthIdentity
from storage.tables.user import User


async def user_of(session: AsyncSession, provider: str, subject: str) -> User | None:
    """Return who is this user of a provider here."""
    found: User | None = await session.scalar(
        select(User)
        .join(OAuthIdentity, OAuthIdentity.user_id == User.id)
        .where(OAuthIdentity.provider == provider, OAuthIdentity.subject == subject)
    )
    return found
