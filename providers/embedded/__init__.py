"""Models that run in this process with no network: start with `load.py`; `weights.py` finds their files."""
