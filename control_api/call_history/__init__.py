"""Calls of every transport, looked up: one row each, and what they used and cost. Start with `service.py`."""
