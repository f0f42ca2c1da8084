"""False cut-offs and the wait for the end of a turn over the labelled turns: `python -m benchmarks.endpointing`.

`hearing.py` runs the real detector, recogniser and end-of-turn model once; `replay.py` gives what they said to the turn
owner in media time, as often as there are settings; `baselines.py` ends the same turns in simpler ways.
"""
