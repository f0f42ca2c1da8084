"""Single-use tickets for a call. Start with `service.py`."""
