import asyncio

from providers.pipecat_host.pool import HostPool
from providers.warmth import KEPT_S
from tests.support import virtual_time


class _Host:
    """Fills what a pool uses of a host."""

    def __init__(self) -> None:
        self.closed_s: float | None = None
        self.busy, self.usable = False, True

    async def open(self) -> None: ...

    def listen(self, take: object) -> None: ...

    async def aclose(self) -> None:
        self.closed_s = asyncio.get_running_loop().time()
        self.usable = False


class _Pool(HostPool[str]):
    def __init__(self) -> None:
        self.made: list[_Host] = []
        super().__init__(self._one)  # type: ignore[arg-type]  # a host of the test's

    async def _one(self, _manner: str) -> _Host:
        self.made.append(_Host())
        return self.made[-1]

    async def use(self, manner: str = "") -> None:
        async with self.lend(manner):
            pass


def test_a_host_is_kept_for_so_long_after_it_was_used_last() -> None:
    async def scenario() -> list[float | None]:
        pool = _Pool()
        await pool.use()
        await asyncio.sleep(KEPT_S - 10)
        await pool.use()
        await asyncio.sleep(KEPT_S - 10)
        assert [host.closed_s for host in pool.made] == [None], "used since, whatever was planned after the first use"
        await asyncio.sleep(20)
        return [host.closed_s for host in pool.made]

    assert virtual_time.run(scenario()) == [2 * KEPT_S - 10]


def test_nothing_is_planned_for_a_pool_that_was_closed() -> None:
    async def scenario() -> None:
        pool = _Pool()
        await pool.use()
        await pool.aclose()
        closed_s = pool.made[0].closed_s
        await asyncio.sleep(2 * KEPT_S)
        assert pool.made[0].closed_s == closed_s == 0.0

    virtual_time.run(scenario())


def test_the_one_that_waited_longest_goes_when_there_are_too_many() -> None:
    async def scenario() -> list[bool]:
        pool = _Pool()
        for number in range(18):
            await pool.use(str(number))
        await asyncio.sleep(0)
        return [host.closed_s is not None for host in pool.made]

    assert virtual_time.run(scenario()) == [True] * 2 + [False] * 16
