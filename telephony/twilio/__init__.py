"""Twilio Media Streams: `codec.py` is the wire, `stream.py` one call on it, `routes.py` its address."""
