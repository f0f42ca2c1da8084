"""Log-in by Google and GitHub, from the way there to the log-in token (docs/adr/0019)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from control_api.accounts import people
from control_api.accounts.login import Login
from control_api.accounts.oauth import Departure, Departures, OAuthProvider
from control_api.accounts.oauth_client import OAuthClient
from kit.errors import InputError

KNOWN: Final = ("google", "github")


@dataclass(frozen=True, slots=True)
class OAuthLogin:
    """Sends people to those that the operator has set up, and lets them in when they come back.

    Attributes:
        providers: By name, of `KNOWN`.
        public_url: Where providers send people back to.
    """

    providers: Mapping[str, OAuthProvider]
    departures: Departures
    client: OAuthClient
    login: Login
    public_url: str

    def begin(self, provider: str, address: str | None) -> Departure:
        """Send somebody away.

        Args:
            provider: One of `providers`.
            address: Of the peer; None for who need not be slowed.

        Raises:
            RateLimitedError: Too many tries.
        """
        self.login.slow_down(address)
        return self.departures.send(self.providers[provider], self._back_to(provider), self.login.clock.utc())

    async def come_back(self, provider: str, ticket: str, state: str, code: str, address: str | None) -> str:
        """Return a log-in token for who comes back with a code and brings the ticket that `begin` gave.

        Raises:
            InputError: It was not this browser that went there, or the provider did not let it in, or knows no
                checked address.
            ProviderError: The provider does not say who it was.
            RateLimitedError: Too many tries.
        """
        self.login.slow_down(address)
        chosen, now = self.providers[provider], self.login.clock.utc()
        verifier = self.departures.verifier(provider, ticket, state, now)
        if not code:
            raise InputError(f"{chosen.title} did not log you in", code="auth.refused_there")
        profile = await self.client.profile(chosen, code, verifier, self._back_to(provider))
        if profile.email is None:
            raise InputError(f"{chosen.title} knows no verified e-mail address of yours", code="auth.no_email_there")
        known_as = people.KnownAs(provider, profile.subject, profile.email)
        user = await people.arrive_as(self.login.database, known_as, now, self.login.on_signup)
        return self.login.admit(user.id)

    def _back_to(self, provider: str) -> str:
        return f"{self.public_url}/auth/oauth/{provider}/callback"
