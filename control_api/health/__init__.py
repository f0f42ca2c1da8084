"""Whether this server lives, takes calls, and what it can do. Start with `routes.py`."""
