"""What is left of calls that are over: reports and recordings. Start with `routes.py`."""
