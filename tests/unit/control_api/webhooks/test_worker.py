import asyncio
import contextlib
import datetime
from collections.abc import Mapping, Sequence

from control_api.webhooks import worker
from control_api.webhooks.worker import Due, HookWorker, Result, SendError
from tests.support import virtual_time

_START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class LoopClock:
    def now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def utc(self) -> datetime.datetime:
        return _START + datetime.timedelta(seconds=asyncio.get_running_loop().time())


class ListOutbox:
    """Claims are good for a minute, as in the database."""

    def __init__(self, *bodies: str) -> None:
        self.due = {f"msg-{number}": (body, 0, _START) for number, body in enumerate(bodies, 1)}
        self.results: list[Result] = []
        self.forgotten: list[datetime.datetime] = []
        self.broken = 0

    async def claim(self, now: datetime.datetime, limit: int) -> Sequence[Due]:
        if self.broken:
            self.broken -= 1
            raise ConnectionError
        claimed = []
        for name, (body, attempts, at) in list(self.due.items())[:limit]:
            if at <= now:
                self.due[name] = (body, attempts + 1, now + datetime.timedelta(seconds=60))
                claimed.append(Due(name, "https://example.com/", "whsec_AAAA", body, attempts + 1))
        return claimed

    async def record(self, delivery_id: str, result: Result, now: datetime.datetime) -> None:
        self.results.append(result)
        body, attempts, _ = self.due.pop(delivery_id)
        if result.next_attempt_at is not None:
            self.due[delivery_id] = (body, attempts, result.next_attempt_at)

    async def forget(self, before: datetime.datetime) -> None:
        self.forgotten.append(before)


class Receiver:
    """Answers what it is told to, then 200."""

    def __init__(self, *answers: int | str, takes_s: float = 0.0) -> None:
        self.got: list[tuple[float, bytes, str]] = []
        self._answers = list(answers)
        self._takes_s = takes_s

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((asyncio.get_running_loop().time(), body, headers["webhook-id"]))
        await asyncio.sleep(self._takes_s)
        answer = self._answers.pop(0) if self._answers else 200
        if isinstance(answer, str):
            raise SendError(answer)
        return answer


async def _work(outbox: ListOutbox, receiver: Receiver, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await HookWorker(outbox, receiver, LoopClock()).run()


def test_what_is_taken_is_sent_once() -> None:
    outbox, receiver = ListOutbox('{"a":1}', '{"b":2}'), Receiver()
    virtual_time.run(_work(outbox, receiver, 10_000))
    assert [(at_s, body) for at_s, body, _ in receiver.got] == [(0.0, b'{"a":1}'), (0.0, b'{"b":2}')]
    assert outbox.results == [Result(200, None, None)] * 2


def test_what_is_not_taken_is_sent_again_with_growing_waits_and_the_same_id() -> None:
    outbox, receiver = ListOutbox("{}"), Receiver(500, 302, "no connection: ConnectError", 410)
    virtual_time.run(_work(outbox, receiver, 20_000))
    waits_s = (0, 5, 305, 2_105, 9_305)
    assert [name for _, _, name in receiver.got] == ["msg-1"] * 5
    assert all(
        due_s <= at_s <= due_s + 4 * worker.POLL_S for (at_s, _, _), due_s in zip(receiver.got, waits_s, strict=True)
    )
    assert [result.error for result in outbox.results] == [
        "answered 500",
        "answered 302",
        "no connection: ConnectError",
        "answered 410",
        None,
    ]


def test_after_the_last_wait_it_is_given_up() -> None:
    async def scenario() -> None:
        outbox, receiver = ListOutbox("{}"), Receiver(*[503] * 50)
        hooks = HookWorker(outbox, receiver, LoopClock())
        while outbox.due:
            await hooks.deliver_due()
            await asyncio.sleep(3_600)
        assert len(receiver.got) == len(worker.WAITS_S) + 1
        assert outbox.results[-1] == Result(503, "answered 503", None)

    virtual_time.run(scenario())


def test_an_endpoint_that_hangs_holds_up_no_other() -> None:
    outbox, receiver = ListOutbox("{}", "{}"), Receiver(takes_s=9.0)
    virtual_time.run(_work(outbox, receiver, 30))
    assert [at_s for at_s, _, _ in receiver.got] == [0.0, 0.0]


def test_a_database_that_is_away_costs_no_delivery() -> None:
    outbox, receiver = ListOutbox("{}"), Receiver()
    outbox.broken = 3
    virtual_time.run(_work(outbox, receiver, 60))
    assert [at_s for at_s, _, _ in receiver.got] == [3 * worker.POLL_S]


def test_news_are_sent_at_once() -> None:
    async def scenario() -> None:
        outbox, receiver = ListOutbox(), Receiver()
        hooks = HookWorker(outbox, receiver, LoopClock())
        async with asyncio.TaskGroup() as tasks:
            working = tasks.create_task(hooks.run())
            await asyncio.sleep(0.5)
            outbox.due["msg-1"] = ("{}", 0, _START)
            hooks.wake()
            await asyncio.sleep(0.1)
            working.cancel()
        assert [at_s for at_s, _, _ in receiver.got] == [0.5]

    virtual_time.run(scenario())


def test_what_was_over_a_week_ago_is_forgotten() -> None:
    outbox = ListOutbox()
    virtual_time.run(_work(outbox, Receiver(), 3_700))
    assert outbox.forgotten[0] == _START - datetime.timedelta(days=7)
    assert len(outbox.forgotten) == 2
