"""Frames: what moves between a leg and a call. `base.py` says what an interruption does to each family."""
