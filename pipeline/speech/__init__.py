"""Text on its way to a voice. Pure.

Open `sentences.py` first (streamed text is cut into what is spoken at once), then `normalise.py` (what is written
becomes what is said) and `spoken.py` (how far into the written text what was heard reaches).
"""
