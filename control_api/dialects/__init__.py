"""The public APIs: each gives our services its own paths, shapes and errors. Start with `table.py`."""
