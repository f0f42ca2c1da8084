"""Asterisk chan_websocket frames as they are on the wire, and what they mean."""
