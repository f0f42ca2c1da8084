"""Accounts: sign-up, log-in, tokens and keys. Start with `login.py`."""
