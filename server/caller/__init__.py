"""The simulated caller: a client that knows only `docs/pvp.md`. Start with `command.py`; `dialogue.py` decides."""
