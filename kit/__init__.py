"""Words without a domain: clock, ids, errors. Imports nothing of ours. Start with `errors.py`."""
