"""What the benchmarks of a conversation share: labelled turns (`tape.py`), the caller that plays them, paced models."""
