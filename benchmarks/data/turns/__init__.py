"""Labelled turns of callers: `plan.yaml` says what they are, `make.py` makes them, `benchmarks.turn_set` reads them."""
