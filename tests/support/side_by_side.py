"""Cases that mostly wait, run at once in one test."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.support.provider_contract import running_tasks


async def each_alone(cases: Sequence[Any], hold: Callable[[Any], Awaitable[None]]) -> None:
    """Run each case to its end, name those that fail, and see that they leave no task behind."""
    await asyncio.sleep(0.01)  # SDKs close in a task what was only made to look at its settings
    before = sorted(running_tasks())
    outcomes = await asyncio.gather(*(hold(case) for case in cases), return_exceptions=True)
    failures = [_named(error, case) for case, error in zip(cases, outcomes, strict=True) if error is not None]
    if failures:
        raise BaseExceptionGroup("some cases failed", failures)
    await asyncio.sleep(0.05)
    assert sorted(running_tasks()) == before


def _named(error: BaseException, case: Any) -> BaseException:
    error.add_note(f"case: {case}")
    return error
