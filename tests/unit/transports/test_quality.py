"""What is noted of the wires of a call, and the opinion that is estimated."""

from transports.quality import LegQuality, LossRate, QualityLog, mos


def test_a_good_line_is_good_and_each_fault_makes_it_worse() -> None:
    good = mos(20, 1, 0)
    assert 4.3 < good <= 4.5
    assert good > mos(20, 1, 0.01) > mos(20, 1, 0.05) > mos(20, 1, 0.2) > mos(20, 1, 0.6)
    assert good > mos(200, 1, 0) > mos(600, 1, 0)
    assert good > mos(20, 40, 0)


def test_five_percent_lost_is_fair_and_the_worst_is_one() -> None:
    assert 3.2 < mos(120, 20, 0.05) < 4.0
    assert mos(3000, 500, 1.0) == 1.0


def test_each_wire_of_a_call_is_noted_with_its_time() -> None:
    log = QualityLog()
    log.begin("websocket", 0.0)
    log.begin("webrtc", 2.5)
    log.begin("webrtc", 3.0)
    log.measure({"jitter_ms": 9.0, "loss": 0.5})
    log.measure({"jitter_ms": 1.0, "loss": 0.0, "rtt_ms": 20.0, "mos": 4.4})
    assert log.legs(10.0) == [
        LegQuality("websocket", 0.0, 2.5),
        LegQuality("webrtc", 2.5, 7.5, 5.0, 0.25, 20.0, 4.4),
    ]


def test_loss_is_that_since_the_last_time() -> None:
    rate = LossRate()
    assert [rate.since(0, 0), rate.since(5, 100), rate.since(5, 200), rate.since(30, 250)] == [0.0, 0.05, 0.0, 0.5]
    assert rate.since(10, 300) == 0.0  # packets that were given up came after all


def test_a_call_without_a_carrier_of_ours_has_none() -> None:
    log = QualityLog()
    log.measure({"loss": 0.0})
    assert log.legs(1.0) == []
