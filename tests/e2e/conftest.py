"""Fixtures of tests that run whole servers on both databases."""

from tests.support.databases import database_url, postgres_address, sqlite_template

__all__ = ["database_url", "postgres_address", "sqlite_template"]
