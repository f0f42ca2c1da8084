"""Follow calls that were placed: by what carriers tell, and by asking them where they are silent (docs/adr/0023)."""

import asyncio
import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.calls.placing import LEASE_S, note_over, note_placed, order_of
from control_api.calls.ports import CallingPorts
from control_api.lines import service as lines
from control_api.ports import UtcClock
from kit.errors import AntiphonError, ProviderError
from kit.phone_calls import AnsweredBy, CallStatus, CarrierCall, LineAccess, Progress
from storage.engine import EVERY_TENANT, Database
from storage.repositories import call_intents, phone_lines
from storage.tables.call_intent import CallIntent

ROUND_S = 5.0
LOOK_EVERY_S = 60.0
FIND_FOR_S = 180.0  # a carrier's listing may lag behind; then there is no such call
_A_ROUND = 20
_ORDER = (CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS)

log = structlog.get_logger(__name__)


def apply(row: CallIntent, progress: Progress, now: datetime.datetime) -> None:
    """Write down what a carrier tells: callbacks come late, twice and in any order, so nothing ever goes back."""
    if progress.answered_by is not None and row.answered_by is None:
        row.answered_by = progress.answered_by.value
    if progress.sequence is not None:
        row.sequence = max(row.sequence or 0, progress.sequence)
    if progress.duration_s is not None:
        row.duration_s = progress.duration_s
    if progress.status.is_final:
        note_over(row, progress.status, now)
    elif row.state != "over":
        if _ORDER.index(progress.status) >= _ORDER.index(CallStatus(row.status)):
            row.status = progress.status.value
        row.lease_until = now + datetime.timedelta(seconds=LEASE_S)
        row.next_look_at = now + datetime.timedelta(seconds=LOOK_EVERY_S)


class CallFollower:
    """Keeps intents true."""

    def __init__(self, database: Database, ports: CallingPorts, clock: UtcClock) -> None:
        self._database = database
        self._ports = ports
        self._clock = clock

    async def progressed(self, call: CarrierCall, progress: Progress, intent_id: str | None) -> CallIntent | None:
        """Take what a carrier tells of a call; returns the intent, or None if it is none of the line that tells."""
        now = self._clock.utc()
        async with self._database.writing(EVERY_TENANT) as session:
            row = await _told_of(session, call, intent_id)
            if row is None or (row.carrier_call not in (None, call.name) and not call.renames):
                return None
            note_placed(row, call.name, now)
            row.carrier_call = call.name
            apply(row, progress, now)
        return row

    async def of(self, call: CarrierCall) -> CallIntent | None:
        """Return the intent that became a call; None if it is none of the line that tells."""
        async with self._database.writing(EVERY_TENANT) as session:
            return await _told_of(session, call)

    async def judged(self, intent_id: str, by: AnsweredBy) -> None:
        """Take who answered; the last verdict counts, but nobody's knowledge is no verdict."""
        async with self._database.writing(EVERY_TENANT) as session:
            row = await call_intents.to_change(session, intent_id)
            if row is not None and (row.answered_by is None or by is not AnsweredBy.UNKNOWN):
                row.answered_by = by.value

    async def recorded(self, call: CarrierCall, recording: str) -> None:
        """Take the name of a carrier's own recording."""
        async with self._database.writing(EVERY_TENANT) as session:
            row = await _told_of(session, call)
            if row is not None:
                row.recording = recording

    async def hang_up(self, intent: CallIntent) -> None:
        """End a call at its carrier; one that is over counts as ended.

        Raises:
            ProviderError: The carrier did not say that it is over.
        """
        line = await self._line(intent)
        if line is not None and intent.carrier_call is not None and intent.state != "over":
            await self._ports.dialers[line.provider].hang_up(line, intent.carrier_call)

    async def run(self) -> None:
        """Look after calls that nobody tells about, for ever."""
        while True:
            try:
                await self.round()
            except Exception:  # a job ends here: the next round tries again
                log.exception("call_keeper_failed")
            await asyncio.sleep(ROUND_S)

    async def round(self) -> int:
        """Look at the calls that are due; return how many there were."""
        now = self._clock.utc()
        again = now + datetime.timedelta(seconds=LOOK_EVERY_S)
        async with self._database.writing(EVERY_TENANT) as session:
            due = await call_intents.claim_due(session, now, again, _A_ROUND)
        for intent in due:
            try:
                await self._look(intent)
            except ProviderError as error:
                log.warning("call_not_looked_at", intent_id=intent.id, code=error.code)
            except Exception:  # a call's round ends here: the others are looked at, this one again later
                log.exception("call_not_looked_at", intent_id=intent.id)
        return len(due)

    async def _look(self, intent: CallIntent) -> None:
        line = await self._line(intent)
        if line is None:
            return await self._over(intent, "call.line_gone")
        dialer = self._ports.dialers[line.provider]
        if intent.carrier_call is None:
            return await self._found(intent, await dialer.find(line, order_of(intent), intent.dialled_at))
        progress = await dialer.look(line, intent.carrier_call)
        if progress is None:
            return await self._over(intent, "call.unknown_to_carrier")
        await self.progressed(CarrierCall(line.provider, intent.carrier_call, line.id), progress, intent.id)
        return None

    async def _found(self, intent: CallIntent, carrier_call: str | None) -> None:
        now = self._clock.utc()
        if carrier_call is not None and await self._adopted(intent, carrier_call, now):
            log.info("call_found", intent_id=intent.id)
        elif now - intent.dialled_at >= datetime.timedelta(seconds=FIND_FOR_S):
            await self._over(intent, "call.not_made")

    async def _adopted(self, intent: CallIntent, carrier_call: str, now: datetime.datetime) -> bool:
        """Write down that the carrier has the call; False if that one is another intent's, to the same number."""
        async with self._database.writing(EVERY_TENANT) as session:
            row = await call_intents.to_change(session, intent.id)
            if row is None or await call_intents.of_carrier(session, carrier_call, row.line_id) not in (
                None,
                intent.id,
            ):
                return False
            note_placed(row, carrier_call, now)
        return True

    async def _over(self, intent: CallIntent, error: str) -> None:
        log.warning("call_lost", intent_id=intent.id, code=error)
        async with self._database.writing(EVERY_TENANT) as session:
            row = await call_intents.to_change(session, intent.id)
            if row is not None:
                note_over(row, CallStatus.FAILED, self._clock.utc(), error)

    async def _line(self, intent: CallIntent) -> LineAccess | None:
        async with self._database.reading(intent.account_id) as session:
            row = await phone_lines.by_id(session, intent.line_id)
        if row is None or row.provider not in self._ports.dialers:
            return None
        try:
            return lines.access(row, self._ports.vault)
        except AntiphonError:
            return None


async def _told_of(session: AsyncSession, call: CarrierCall, intent_id: str | None = None) -> CallIntent | None:
    """Return the intent that is told of, to be changed; None if who tells has no such call."""
    line_id = call.line_id
    if intent_id is None and line_id is not None:
        intent_id = await call_intents.of_carrier(session, call.name, line_id)
    row = await call_intents.to_change(session, intent_id) if intent_id is not None else None
    if row is None or line_id == row.line_id:
        return row
    if line_id is None:
        line = await phone_lines.by_id(session, row.line_id)
        if line is not None and line.provider == call.carrier:
            return row
    log.warning("news_of_another_line", carrier=call.carrier, line_id=line_id, intent_id=row.id)
    return None
