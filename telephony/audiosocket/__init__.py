"""Asterisk's AudioSocket, the plain one: `codec.py` is the wire, `listener.py` the TCP port and its tickets."""
