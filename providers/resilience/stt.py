"""A recogniser that is several, and loses no word when one is lost."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from kit.clock import Clock
from kit.errors import ProviderError
from pipeline.incidents import IncidentLog
from pipeline.ports import SpeechToText, SttStream
from providers.resilience.converted import ConvertedStream
from providers.resilience.member import Member
from providers.resilience.race import in_order, nobody
from providers.resilience.stt_stream import ResilientStream

_OPEN_LIMIT_S = 2.0
_TRIES = 3
_PAUSE_S = 0.2
_NOBODY: Mapping[str, Member[SpeechToText]] = MappingProxyType({})


class Openers:
    """Opens recognisers for one call."""

    def __init__(
        self,
        members: Sequence[Member[SpeechToText]],
        incidents: IncidentLog,
        named: Mapping[str, Member[SpeechToText]] = _NOBODY,
    ) -> None:
        """Take the members in order, and those that a flow names."""
        self.members, self.incidents, self.named = members, incidents, named
        self.clock = Clock()

    async def open(
        self, member: Member[SpeechToText], language: str, rate_hz: int, limit_s: float = _OPEN_LIMIT_S
    ) -> SttStream:
        """Open one.

        Raises:
            ProviderError: It cannot, or does not within `limit_s`.
        """
        try:
            own_hz = member.provider.capabilities.rate_for(rate_hz)
            async with asyncio.timeout(limit_s):
                stream = await member.provider.open(language, own_hz)
            return stream if own_hz == rate_hz else ConvertedStream(stream, rate_hz, own_hz)
        except TimeoutError as error:
            late = ProviderError(member.provider.provider, "did not open", retryable=True, code="provider.timeout")
            self.failed(member, late)
            raise late from error
        except ProviderError as error:
            self.failed(member, error)
            raise

    async def open_any(self, language: str, rate_hz: int) -> tuple[Member[SpeechToText], SttStream]:
        """Open the first that can be opened; go round three times before giving up.

        Raises:
            ProviderError: Nobody can; that of the last one.
        """
        last = nobody("stt")
        for round_number in range(_TRIES):
            for member in in_order(self.members):
                member.breaker.admit(self.clock.now_s())
                try:
                    stream = await self.open(member, language, rate_hz)
                except ProviderError as error:
                    self.incidents.note("stt", error, "retried" if round_number + 1 < _TRIES else "none")
                    last = error
                else:
                    return member, stream
            if not last.retryable:
                break
            await asyncio.sleep(_PAUSE_S * (round_number + 1))
        raise last

    def failed(self, member: Member[SpeechToText], error: ProviderError) -> None:
        """Hold it against the member."""
        member.breaker.failed(error, self.clock.now_s())


class ResilientStt:
    """Listens through the first member that opens, and through another when it fails."""

    def __init__(
        self,
        members: Sequence[Member[SpeechToText]],
        incidents: IncidentLog,
        named: Mapping[str, Member[SpeechToText]] = _NOBODY,
    ) -> None:
        """Take the members in order; the first one gives the name and the capabilities.

        Args:
            members: See above.
            incidents: Where failures are noted.
            named: Whom a flow's states name, and who is listened through there before all others.
        """
        first = members[0].provider
        self.provider, self.model = first.provider, first.model
        signals = any(each.provider.capabilities.end_of_turn for each in (*members, *named.values()))
        self.capabilities = replace(first.capabilities, end_of_turn=signals)
        self._openers = Openers(members, incidents, named)

    async def open(self, language: str, rate_hz: int = 16_000) -> ResilientStream:
        """Start listening to one call; see `pipeline.ports.SpeechToText`.

        Raises:
            ProviderError: No member can be opened.
        """
        member, inner = await self._openers.open_any(language, rate_hz)
        return ResilientStream(self._openers, member, inner, language, rate_hz)

    async def warm(self) -> None:
        """Warm all members."""
        for member in self._openers.members:
            await member.provider.warm()

    async def aclose(self) -> None:
        """Do nothing: the members belong to the process, not to the call."""
