"""Hooks: telling an account's own server what happens (docs/adr/0016). Start with `worker.py`."""
