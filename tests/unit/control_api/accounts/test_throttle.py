from control_api.accounts.throttle import Throttle


def test_tries_run_out_and_grow_back_one_by_one() -> None:
    throttle = Throttle(tries=2, refill_s=30.0)
    assert [throttle.take("a", 0.0) for _ in range(3)] == [0.0, 0.0, 30.0]
    assert throttle.take("a", 15.0) == 15.0
    assert throttle.take("a", 30.0) == 0.0
    assert throttle.take("a", 30.0) == 30.0


def test_keys_do_not_share_tries() -> None:
    throttle = Throttle(tries=1, refill_s=30.0)
    assert [throttle.take(key, 0.0) for key in ("a", "b", "a")] == [0.0, 0.0, 30.0]


def test_a_try_that_is_given_back_can_be_used_again_but_none_is_won() -> None:
    throttle = Throttle(tries=1, refill_s=30.0)
    throttle.give_back("a", 0.0)
    assert throttle.take("a", 0.0) == 0.0
    throttle.give_back("a", 0.0)
    assert [throttle.take("a", 0.0) for _ in range(2)] == [0.0, 30.0]


def test_of_too_many_keys_the_one_not_seen_for_longest_is_forgotten() -> None:
    throttle = Throttle(tries=1, refill_s=30.0, max_keys=2)
    for key in ("a", "b", "c"):
        throttle.take(key, 0.0)
    assert throttle.take("b", 0.0) > 0.0
    assert throttle.take("a", 0.0) == 0.0
