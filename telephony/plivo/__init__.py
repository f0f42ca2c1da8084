"""Plivo audio streams: `codec.py` is the wire, `rest.py` dials and steers, `webhook.py` answers (docs/adr/0058)."""
