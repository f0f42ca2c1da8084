"""Measurements, run by hand: `python -m benchmarks.first_call`."""
