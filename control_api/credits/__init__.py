"""What things cost and who has paid (docs/adr/0016). Start with `metering.py`."""
