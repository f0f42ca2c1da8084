"""Tests on real databases, each on SQLite and on PostgreSQL: `tests/support/databases.py` makes and removes them."""
