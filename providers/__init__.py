"""Models, one folder a vendor, each filling a `Protocol` of `pipeline/ports.py`; `embedded/` needs no network."""
