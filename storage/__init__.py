"""What outlives a process: tables, queries, migrations; no business rules. Start with `engine.py`."""
