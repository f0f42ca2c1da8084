"""Twilio Media Streams: `codec.py` is the wire, `stream.py` its traits, `routes.py` its address."""
