"""The flows of this server, as documents and as graphs. Start with `routes.py`."""
