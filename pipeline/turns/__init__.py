"""Who speaks: `owner.py` decides, purely; `inputs.py`, `actions.py` and `state.py` are its words.

`endpointing.py` says how long to wait, `voice_activity.py` makes edges of probabilities.
"""
