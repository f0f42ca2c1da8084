"""`python -m benchmarks.latency`: how long a caller waits, and what that costs. `columns.py` says what is compared."""
