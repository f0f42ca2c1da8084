import asyncio
import dataclasses
import datetime

import pytest

from control_api.calls import placing
from control_api.calls.placing import CallWish
from control_api.calls.rules import Rules
from control_api.lines import service as line_service
from kit.errors import (
    ConflictError,
    DialRefusedError,
    ForbiddenError,
    InputError,
    InsufficientCreditsError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
)
from kit.phone_calls import AnsweredBy, CallStatus, CarrierCall, MachinePolicy, Progress
from storage.engine import Database
from storage.tables.do_not_call import DoNotCall
from tests.support.accounts import add_accounts
from tests.support.calling_lab import CALLEE, CallingLab

WISH = CallWish(CALLEE, variables={"name": "Ada"}, key="order-17")


@pytest.fixture
async def lab(database: Database) -> CallingLab:
    await add_accounts(database, "anna", "bert")
    lab = CallingLab(database)
    await lab.add_line("anna")
    return lab


async def _set_rules(lab: CallingLab, rules: Rules) -> None:
    async with lab.database.writing("anna") as session:
        await placing.set_rules(session, "anna", rules)


async def test_a_call_is_dialled_once_with_what_the_carrier_must_know(lab: CallingLab) -> None:
    wish = dataclasses.replace(WISH, machine_policy=MachinePolicy.LEAVE_MESSAGE, message="Call us.", ring_timeout_s=20)
    intent = await lab.placer.place("anna", wish)
    (order,) = lab.dialer.dialled
    assert (order.intent_id, order.to, order.media_token) == (intent.id, CALLEE, f"mt_{intent.id}")
    assert (order.ring_timeout_s, order.detect_machine, order.wait_for_beep) == (20, True, True)
    assert (intent.state, intent.status, intent.carrier_call) == ("placed", "queued", "CA1")
    assert intent.target_id == "greet"
    assert intent.variables == {"name": "Ada"}


async def test_asking_again_with_one_key_makes_no_second_call(lab: CallingLab) -> None:
    first = await lab.placer.place("anna", WISH)
    again = await asyncio.gather(*(lab.placer.place("anna", WISH) for _ in range(5)))
    assert {each.id for each in again} == {first.id}
    assert len(lab.dialer.dialled) == 1


async def test_one_key_for_two_calls_is_a_mistake(lab: CallingLab) -> None:
    await lab.placer.place("anna", WISH)
    with pytest.raises(ConflictError):
        await lab.placer.place("anna", dataclasses.replace(WISH, variables={"name": "Bob"}))


async def test_without_a_key_every_asking_is_another_call(lab: CallingLab) -> None:
    wish = dataclasses.replace(WISH, key=None)
    await lab.placer.place("anna", wish)
    await lab.placer.place("anna", wish)
    assert len(lab.dialer.dialled) == 2


async def test_a_call_that_the_carrier_refuses_has_failed_and_gives_its_place_back(lab: CallingLab) -> None:
    await _set_rules(lab, Rules(line_calls=1))
    lab.dialer.fails = DialRefusedError("pstn", "no such number", retryable=False)
    intent = await lab.placer.place("anna", WISH)
    assert (intent.state, intent.status, intent.error) == ("over", "failed", "call.refused")
    lab.dialer.fails = None
    assert (await lab.placer.place("anna", dataclasses.replace(WISH, key="2"))).state == "placed"


@pytest.mark.parametrize("although_made", [False, True])
async def test_a_call_of_which_nobody_knows_is_looked_for_and_never_dialled_again(
    lab: CallingLab, *, although_made: bool
) -> None:
    lab.dialer.fails, lab.dialer.although_made = ProviderError("pstn", "timed out", retryable=True), although_made
    intent = await lab.placer.place("anna", WISH)
    assert (intent.state, intent.carrier_call) == ("dialling", None)
    assert (await lab.placer.place("anna", WISH)).id == intent.id
    for _ in range(5):
        lab.clock.passed_s += 61
        await lab.follower.round()
    known = await lab.intent("anna", intent.id)
    if although_made:
        assert (known.state, known.carrier_call) == ("placed", "CA1")
    else:
        assert (known.state, known.status, known.error) == ("over", "failed", "call.not_made")
        assert known.lease_until is None
    assert len(lab.dialer.dialled) == 1


async def test_another_call_to_the_same_number_is_not_taken_for_the_lost_one(lab: CallingLab) -> None:
    await lab.placer.place("anna", dataclasses.replace(WISH, key="first"))
    lab.dialer.fails = ProviderError("pstn", "timed out", retryable=True)
    lost = await lab.placer.place("anna", WISH)
    lab.dialer.made[lost.id] = "CA1"  # a listing tells numbers, not intents
    for _ in range(4):
        lab.clock.passed_s += 61
        await lab.follower.round()
    known = await lab.intent("anna", lost.id)
    assert (known.carrier_call, known.error) == (None, "call.not_made")


async def test_what_nobody_expected_of_one_call_leaves_the_others_looked_at(lab: CallingLab) -> None:
    first = await lab.placer.place("anna", dataclasses.replace(WISH, key="first"))
    second = await lab.placer.place("anna", WISH)
    lab.dialer.known = {"CA2": Progress(CallStatus.COMPLETED)}
    lab.dialer.odd = frozenset({"CA1"})
    lab.clock.passed_s += 61
    assert await lab.follower.round() == 2
    states = [(await lab.intent("anna", each.id)).state for each in (first, second)]
    assert states == ["placed", "over"]


async def test_a_carrier_that_does_not_answer_is_asked_again(lab: CallingLab) -> None:
    intent = await lab.placer.place("anna", WISH)
    lab.dialer.silent = ProviderError("pstn", "away", retryable=True)
    lab.clock.passed_s += 61
    assert await lab.follower.round() == 1
    assert await lab.follower.round() == 0, "not at once"
    lab.dialer.silent = None
    lab.dialer.known["CA1"] = Progress(CallStatus.COMPLETED, duration_s=12)
    lab.clock.passed_s += 61
    await lab.follower.round()
    known = await lab.intent("anna", intent.id)
    assert (known.state, known.status, known.duration_s) == ("over", "completed", 12)


async def test_twilio_callbacks_out_of_order(lab: CallingLab) -> None:
    intent = await lab.placer.place("anna", WISH)
    told = [
        Progress(CallStatus.IN_PROGRESS, 2),
        Progress(CallStatus.RINGING, 1),
        Progress(CallStatus.COMPLETED, 3, duration_s=40),
        Progress(CallStatus.IN_PROGRESS, 2),
        Progress(CallStatus.COMPLETED, 3, duration_s=40),
        Progress(CallStatus.FAILED, 4),
    ]
    seen = []
    for progress in told:
        row = await lab.follower.progressed(CarrierCall("twilio", "CA1", intent.line_id), progress, intent.id)
        assert row is not None
        seen.append(row.status)
    assert seen == ["in-progress", "in-progress", "completed", "completed", "completed", "completed"]
    known = await lab.intent("anna", intent.id)
    assert (known.duration_s, known.lease_until, known.next_look_at) == (40, None, None)


async def test_a_callback_before_the_answer_to_the_dialling_counts(lab: CallingLab) -> None:
    lab.dialer.fails, lab.dialer.although_made = ProviderError("pstn", "timed out", retryable=True), True
    intent = await lab.placer.place("anna", WISH)
    row = await lab.follower.progressed(
        CarrierCall("twilio", "CA1", intent.line_id), Progress(CallStatus.RINGING, 1), intent.id
    )
    assert row is not None
    assert (row.state, row.carrier_call, row.status) == ("placed", "CA1", "ringing")
    assert (
        await lab.follower.progressed(
            CarrierCall("twilio", "CA9", intent.line_id), Progress(CallStatus.COMPLETED), intent.id
        )
        is None
    ), "another call"
    assert (
        await lab.follower.progressed(
            CarrierCall("twilio", "CA8", intent.line_id), Progress(CallStatus.COMPLETED), None
        )
        is None
    )


async def test_a_late_verdict_is_kept(lab: CallingLab) -> None:
    intent = await lab.placer.place("anna", WISH)
    await lab.follower.progressed(
        CarrierCall("twilio", "CA1", intent.line_id), Progress(CallStatus.COMPLETED), intent.id
    )
    told = await lab.follower.of(CarrierCall("twilio", "CA1", intent.line_id))
    assert told is not None
    for verdict in (AnsweredBy.MACHINE_END_BEEP, AnsweredBy.UNKNOWN):
        await lab.follower.judged(told.id, verdict)
    row = await lab.intent("anna", intent.id)
    assert (row.state, row.answered_by) == ("over", "machine_end_beep")
    assert await lab.follower.of(CarrierCall("twilio", "CA7", intent.line_id)) is None


async def test_a_place_is_free_when_the_call_is_over_or_nobody_has_renewed_it(lab: CallingLab) -> None:
    await _set_rules(lab, Rules(line_calls=1))
    first = await lab.placer.place("anna", WISH)
    with pytest.raises(RateLimitedError) as full:
        await lab.placer.place("anna", dataclasses.replace(WISH, key="2"))
    assert full.value.code == "call.too_many"
    await lab.follower.progressed(CarrierCall("twilio", "CA1", first.line_id), Progress(CallStatus.COMPLETED), first.id)
    await lab.placer.place("anna", dataclasses.replace(WISH, key="3"))
    lab.clock.passed_s += 30 + placing.LEASE_S + 1
    await lab.placer.place("anna", dataclasses.replace(WISH, key="4"))


async def test_of_many_at_once_no_more_than_allowed_are_dialled(lab: CallingLab) -> None:
    await _set_rules(lab, Rules(line_calls=3))
    wishes = [dataclasses.replace(WISH, key=str(number)) for number in range(8)]
    results = await asyncio.gather(*(lab.placer.place("anna", wish) for wish in wishes), return_exceptions=True)
    assert len(lab.dialer.dialled) == 3
    assert sum(isinstance(each, RateLimitedError) for each in results) == 5


async def test_calls_begun_in_a_minute_are_counted_also_when_they_are_over(lab: CallingLab) -> None:
    await _set_rules(lab, Rules(line_per_minute=1))
    first = await lab.placer.place("anna", WISH)
    await lab.follower.progressed(CarrierCall("twilio", "CA1", first.line_id), Progress(CallStatus.BUSY), first.id)
    with pytest.raises(RateLimitedError) as often:
        await lab.placer.place("anna", dataclasses.replace(WISH, key="2"))
    assert often.value.code == "call.too_often"
    lab.clock.passed_s += 61
    await lab.placer.place("anna", dataclasses.replace(WISH, key="2"))


async def test_nothing_is_dialled_that_rules_or_money_forbid(lab: CallingLab) -> None:
    async def refused(wish: CallWish = WISH) -> str:
        with pytest.raises(InputError) as error:
            await lab.placer.place("anna", wish)
        return error.value.code

    async with lab.database.writing("anna") as session:
        session.add(DoNotCall(account_id="anna", number="+12125550199", reason="", added_at=lab.clock.utc()))
    assert await refused(CallWish("+1 212 555 0199")) == "call.do_not_call"
    assert await refused(CallWish("+493012345678")) == "call.region_not_allowed"
    assert await refused(CallWish("12")) == "phone.invalid_number"
    assert await refused(dataclasses.replace(WISH, flow_id="missing")) == "flow.not_found"
    assert await refused(dataclasses.replace(WISH, line_id="other")) == "line.not_found"
    lab.purse.spent = 10**12
    assert await refused() == "call.spend_cap"
    lab.purse.spent, lab.purse.remaining = 0, 0
    with pytest.raises(InsufficientCreditsError):
        await lab.placer.place("anna", WISH)
    lab.purse.remaining = 1
    lab.clock.passed_s += 12 * 3600
    assert await refused() == "call.outside_hours"
    assert lab.dialer.dialled == []


async def test_the_list_of_one_account_does_not_bind_another_nor_do_its_lines_serve_it(lab: CallingLab) -> None:
    async with lab.database.writing("bert") as session:
        session.add(DoNotCall(account_id="bert", number=CALLEE, reason="", added_at=lab.clock.utc()))
    await lab.placer.place("anna", WISH)
    with pytest.raises(NotFoundError):
        await lab.placer.place("bert", WISH)
    await lab.add_line("bert", "+14155550100")
    with pytest.raises(ForbiddenError):
        await lab.placer.place("bert", WISH)


async def test_a_line_that_leads_nowhere_needs_to_be_told_a_flow(lab: CallingLab) -> None:
    line_id = await lab.add_line("bert", flow_id=None)
    with pytest.raises(InputError) as refused:
        await lab.placer.place("bert", CallWish(CALLEE, line_id))
    assert refused.value.code == "call.no_target"
    assert (await lab.placer.place("bert", CallWish(CALLEE, line_id, "greet"))).target_id == "greet"


async def test_hanging_up_twice_or_after_the_end_is_harmless(lab: CallingLab) -> None:
    intent = await lab.placer.place("anna", WISH)
    await lab.follower.hang_up(intent)
    ended = await lab.follower.progressed(
        CarrierCall("twilio", "CA1", intent.line_id), Progress(CallStatus.COMPLETED), intent.id
    )
    assert ended is not None
    await lab.follower.hang_up(ended)
    assert lab.dialer.hung_up == ["CA1"]


async def test_a_call_whose_line_is_gone_is_given_up(lab: CallingLab) -> None:
    intent = await lab.placer.place("anna", WISH)
    async with lab.database.writing("anna") as session:
        await line_service.remove(session, intent.line_id)
    lab.clock.passed_s += 61
    await lab.follower.round()
    known = await lab.intent("anna", intent.id)
    assert (known.state, known.error) == ("over", "call.line_gone")
    assert known.ended_at == lab.clock.utc().astimezone(datetime.UTC)


async def test_a_carrier_may_call_by_another_name_what_it_was_asked_for(lab: CallingLab) -> None:
    """Its signed news bring our id; without the word for it another name is another call's."""
    intent = await lab.placer.place("anna", WISH)
    other = CarrierCall("twilio", "CA-of-its-own", intent.line_id)
    assert await lab.follower.progressed(other, Progress(CallStatus.COMPLETED), intent.id) is None
    renamed = dataclasses.replace(other, renames=True)
    row = await lab.follower.progressed(renamed, Progress(CallStatus.RINGING), intent.id)
    assert row is not None
    assert (row.carrier_call, row.status) == ("CA-of-its-own", "ringing")
    over = await lab.follower.progressed(other, Progress(CallStatus.COMPLETED), None)
    assert over is not None
    assert (over.id, over.state) == (intent.id, "over")
