"""VFDL: conversations as state machines, in YAML.

`parse.py` reads a document, `check.py` proves it, `interpreter.py` runs it; what goes in is in `events.py`, what
comes out in `actions.py`. All of it is pure.
"""
