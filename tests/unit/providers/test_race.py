import asyncio
import contextlib
from collections.abc import AsyncGenerator

from kit.errors import ProviderError
from pipeline.incidents import IncidentLog
from pipeline.ports import LlmOptions, Message
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.resilience.llm import ResilientLlm
from providers.resilience.member import LLM_PATIENCE, Member
from providers.resilience.race import Race
from tests.support import virtual_time

HI = (Message("user", "hi"),)
BROKEN = ProviderError("any", "broke", retryable=True)


async def _said(llm: ResilientLlm) -> list[object]:
    return [item async for item in llm.stream(HI, (), LlmOptions())]


def test_a_stand_in_that_has_rested_is_there_when_it_is_needed_however_often_it_was_not() -> None:
    async def scenario() -> None:
        first, second = (Member(FakeLlm([[name]] * 9), LLM_PATIENCE) for name in ("first", "second"))
        llm = ResilientLlm([first, second], IncidentLog())
        for _ in range(3):
            second.breaker.failed(BROKEN, 0.0)
        await asyncio.sleep(100.0)
        assert await _said(llm) == ["first"]
        for _ in range(3):
            first.breaker.failed(BROKEN, asyncio.get_running_loop().time())
        await asyncio.sleep(0.5)
        assert await _said(llm) == ["second"]

    virtual_time.run(scenario())


class _Answers:
    """One that begins in its time, and is slow to let go."""

    def __init__(self, first_s: float, goodbye_s: float) -> None:
        self._first_s, self._goodbye_s = first_s, goodbye_s
        self.gone = False

    async def stream(self) -> AsyncGenerator[str, None]:
        try:
            await asyncio.sleep(self._first_s)
            yield "first"
            yield "second"
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(self._goodbye_s)
            self.gone = True


def test_who_leaves_while_the_losers_go_closes_the_winner_too() -> None:
    async def scenario() -> None:
        slow, quick = _Answers(9.0, 0.04), _Answers(0.1, 0.0)
        members = [Member(FakeLlm([["unused"]]), LLM_PATIENCE) for _ in range(2)]
        streams = dict(zip(map(id, members), (slow, quick), strict=True))
        race = Race("llm", members, lambda member: streams[id(member)].stream(), IncidentLog())
        task = asyncio.ensure_future(race.won())
        await asyncio.sleep(LLM_PATIENCE.hedge_s + 0.12)  # there is a winner, and the other one is on its way out
        task.cancel()
        await asyncio.wait({task})
        assert (slow.gone, quick.gone) == (True, True)
        assert len(asyncio.all_tasks()) == 1

    virtual_time.run(scenario())


def test_an_answer_that_is_asked_for_again_after_a_rest_is_tried_by_one() -> None:
    async def scenario() -> None:
        model = FakeLlm([["never"]] * 9, pace=Pace(stall_after=0))
        stalled = Member(model, LLM_PATIENCE)
        other = Member(FakeLlm([["other"]] * 9), LLM_PATIENCE)
        for _ in range(3):
            stalled.breaker.failed(BROKEN, 0.0)
        await asyncio.sleep(100.0)
        llm = ResilientLlm([stalled, other], IncidentLog())
        one, two = await asyncio.gather(_said(llm), _said(llm))
        assert one == two == ["other"]
        assert len(model.requests) == 1

    virtual_time.run(scenario())
