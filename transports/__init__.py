"""Ways in that are not telephony: PVP over WebSocket and WebRTC. Start with `pvp_connection.py`."""
