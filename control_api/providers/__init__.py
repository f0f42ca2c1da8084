"""Keys of providers that an account brings. Start with `service.py`."""
