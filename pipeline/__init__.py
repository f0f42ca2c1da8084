"""The media core: one call from its first frame to its last.

Open `session.py` first (one call), then `turns/owner.py` (who speaks), `playout.py` (what was heard) and `ports.py`
(what it needs from others). Knows no wire protocol, no database, no vendor.
"""
