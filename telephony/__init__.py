"""The telephone: the line (`band.py`), what carriers share (`marks.py`, `media_order.py`), a folder a carrier."""
