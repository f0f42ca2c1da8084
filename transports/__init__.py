"""Ways in that are not telephony: PVP over WebSocket. `pvp/` is the language, `websocket.py` the wire."""
