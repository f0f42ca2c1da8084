"""The control plane over HTTP: `app.py` puts its parts together. Never touches media code."""
