"""How calls went, for a monitoring system. Start with `routes.py`."""
