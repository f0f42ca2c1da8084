"""The tools of the benchmarks; what they measure is in `benchmarks/results`."""
