"""Telephone lines of an account: numbers, their carriers, where they lead. Start with `service.py`."""
