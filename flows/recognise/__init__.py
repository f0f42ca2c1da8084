"""Reads values out of what a person said, without a model. Start with `registry.py`; one file per recogniser.

All are pure, take US English as a transcriber writes it or as it is spoken word by word, and never raise.
"""
