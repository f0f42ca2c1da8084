"""Who speaks: `owner.py` decides, purely; `voice_activity.py` makes edges of probabilities."""
