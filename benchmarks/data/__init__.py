"""Data that benchmarks are run over; `turns/` holds labelled turns of callers."""
