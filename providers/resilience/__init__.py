"""Keeps calls alive when a vendor stalls, breaks or refuses: `for_call.py` puts it around a call's providers.

`breaker.py` decides whom to ask (pure), `race.py` gets the first piece of an answer, `llm.py`, `tts.py` and `stt.py`
fill the ports.
"""
