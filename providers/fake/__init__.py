"""Scripted, paced stand-ins for the models, for unit tests and benchmarks. Start with `pace.py`."""
