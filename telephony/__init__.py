"""The telephone: what a phone line does to sound (`band.py`)."""
