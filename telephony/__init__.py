"""The telephone: `connection.py` runs one call on any carrier, `wire.py` says what a carrier is, a folder has each."""
