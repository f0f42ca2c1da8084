"""PVP, the voice protocol of browsers (docs/pvp.md). Start with `messages.py`; `codec.py` puts them on the wire."""
