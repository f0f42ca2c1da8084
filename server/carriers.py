"""Plivo, Exotel and Asterisk, as far as the operator has set them up."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter

from kit.errors import ConfigError
from server.settings import Settings
from telephony.addresses import Addresses, base_of
from telephony.asterisk.ari import AriEvents, AsteriskDialer
from telephony.asterisk.routes import AsteriskAttendant, AsteriskHost, asterisk_router
from telephony.audiosocket.listener import audiosocket_port
from telephony.audiosocket.waiting import ExpectedCalls
from telephony.connection import Exchange
from telephony.exotel.rest import ExotelDialer
from telephony.exotel.routes import ExotelAttendant, ExotelHost, Networks, exotel_router
from telephony.handover import Handovers
from telephony.media_routes import Attendant, TicketDesk
from telephony.plivo.control import PlivoAttendant, PlivoHost
from telephony.plivo.rest import API_URL, PlivoRest
from telephony.plivo.webhook import PlivoWebhooks, plivo_router
from telephony.ports import CallEvents, Dialer, LineDirectory, MediaTickets


@dataclass(frozen=True, slots=True)
class CarrierDialers:
    """What makes calls at the carriers of this server, beside Twilio."""

    plivo: PlivoRest
    exotel: ExotelDialer
    asterisk: AsteriskDialer | None

    def by_provider(self) -> Mapping[str, Dialer]:
        """Return them by the provider of a line."""
        dialers: dict[str, Dialer] = {"plivo": self.plivo, "exotel": self.exotel}
        return dialers if self.asterisk is None else dialers | {"asterisk": self.asterisk}


def build_dialers(settings: Settings) -> CarrierDialers:
    """Prepare; nothing is opened before it is used."""
    base, ari = base_of(settings.public_url, settings.local_url), settings.asterisk_ari_url
    plivo = PlivoRest(_plivo_addresses(settings), settings.plivo_base_url or API_URL)
    exotel = ExotelDialer(base, settings.exotel_base_url)
    return CarrierDialers(plivo, exotel, None if ari is None else AsteriskDialer(ari))


class OtherCarriers:
    """What answers Plivo, Exotel and Asterisk, and listens to them."""

    def __init__(
        self,
        settings: Settings,
        dialers: CarrierDialers,
        lines: LineDirectory,
        tickets: MediaTickets,
        events: CallEvents,
        exchange: Exchange,
    ) -> None:
        self._settings, self._dialers, self._events, self._exchange = settings, dialers, events, exchange
        base = base_of(settings.public_url, settings.local_url)
        self._expected = ExpectedCalls(exchange.clock)
        networks = networks_of(settings.exotel_networks)
        self._exotel = ExotelHost(lines, tickets, events, base, Handovers(), exchange.clock, networks)
        self._asterisk = AsteriskHost(lines, tickets, self._expected, Handovers(), exchange.clock)
        self._plivo = PlivoHost(dialers.plivo, _plivo_addresses(settings), tickets, lines, exchange.clock)

    def attendants(self) -> Mapping[str, Attendant]:
        """Return what lets their sockets in and steers their calls."""
        return {
            "plivo": PlivoAttendant(self._plivo),
            "exotel": ExotelAttendant(self._exotel),
            "asterisk": AsteriskAttendant(self._asterisk),
        }

    def routers(self, desk: TicketDesk) -> Sequence[APIRouter]:
        """Return what they ask and tell."""
        plivo = PlivoWebhooks(self._plivo, self._events, self._exchange.live)
        return plivo_router(plivo), exotel_router(self._exotel), asterisk_router(self._asterisk, desk.serve)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen for AudioSockets and to ARI, if that was asked for, until it closes."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._dialers.exotel.aclose)
            stack.push_async_callback(self._dialers.plivo.aclose)
            if self._settings.audiosocket_port is not None:
                at = self._settings.host, self._settings.audiosocket_port
                await stack.enter_async_context(audiosocket_port(*at, self._expected, self._exchange))
            if self._dialers.asterisk is not None:
                await stack.enter_async_context(self._ari(self._dialers.asterisk))
            yield

    @asynccontextmanager
    async def _ari(self, dialer: AsteriskDialer) -> AsyncIterator[None]:
        settings, url = self._settings, self._settings.asterisk_ari_url
        user, password = settings.asterisk_ari_user, settings.asterisk_ari_password
        async with asyncio.TaskGroup() as tasks:
            listening = None
            if url is not None and user is not None and password is not None:
                events = AriEvents(url, user, password.get_secret_value(), dialer.channels, self._events)
                listening = tasks.create_task(events.run())
            try:
                yield
            finally:
                if listening is not None:
                    listening.cancel()
                await dialer.aclose()


def _plivo_addresses(settings: Settings) -> Addresses:
    return Addresses("plivo", settings.public_url, settings.local_url)


def networks_of(written: Sequence[str]) -> Networks:
    """Read a list of networks.

    Raises:
        ConfigError: One is none.
    """
    try:
        return tuple(ipaddress.ip_network(each) for each in written)
    except ValueError as error:
        raise ConfigError(f"EXOTEL_NETWORKS: {error}", code="config.networks") from error
