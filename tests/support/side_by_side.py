"""Cases that mostly wait, run at once in one test."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.support.provider_contract import running_tasks

_STAGGER_S = 0.07  # else all do the same at the same moment, which one machine cannot
_GONE_S = 3.0  # an SDK has a second to say goodbye, behind the back of who closed it


class TooLateError(AssertionError):
    """Something took longer than it may; on a busy machine that is proof only for a case that is alone."""


async def each_alone(cases: Sequence[Any], hold: Callable[[Any], Awaitable[None]]) -> None:
    """Run each case to its end, name those that fail, and see that they leave no task behind.

    Those that were late run once more, one by one.
    """
    await asyncio.sleep(0.01)  # SDKs close in a task what was only made to look at its settings
    before = Counter(running_tasks())

    async def later(place: int, case: Any) -> None:
        await asyncio.sleep(place * _STAGGER_S)
        await hold(case)

    outcomes = await asyncio.gather(*(later(*each) for each in enumerate(cases)), return_exceptions=True)
    for place, case in enumerate(cases):
        if isinstance(outcomes[place], TooLateError):
            outcomes[place] = (await asyncio.gather(hold(case), return_exceptions=True))[0]
    failures = [_named(error, case) for case, error in zip(cases, outcomes, strict=True) if error is not None]
    if failures:
        raise BaseExceptionGroup("some cases failed", failures)
    by_s = asyncio.get_running_loop().time() + _GONE_S
    while (left := Counter(running_tasks()) - before) and asyncio.get_running_loop().time() < by_s:  # noqa: ASYNC110  seen from far away
        await asyncio.sleep(0.02)
    assert not left, left


def _named(error: BaseException, case: Any) -> BaseException:
    error.add_note(f"case: {case}")
    return error
