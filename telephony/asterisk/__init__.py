"""Asterisk, for a SIP trunk: `codec.py` its WebSocket, `audiosocket.py` its TCP, `ari.py` dials."""
