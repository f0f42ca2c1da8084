"""Calls per core: `python -m benchmarks.capacity`. `__main__.py` steps up the load, `node.py` is measured."""
