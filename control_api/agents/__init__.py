"""Agents: who speaks in a call, configured from the catalogue. Start with `schemas.py`, then `plan.py`."""
