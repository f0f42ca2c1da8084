"""The composition root: settings, wiring, command line. Start with `wiring.py`; no decisions are taken here."""
