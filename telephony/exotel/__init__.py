"""Exotel Voicebot streams: `codec.py` is the wire, `stream.py` its traits, `rest.py` dials, `webhooks.py` answers."""
