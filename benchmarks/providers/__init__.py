"""What a provider adds to its vendor's socket, native and hosted, and what it costs; start with `__main__.py`."""
