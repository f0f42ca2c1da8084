"""Who may use which paths of the Kupe API. Start with `paths.py`."""
