"""Anthropic's models through its SDK: `llm.py` is the port, `messages.py` the conversation in its words."""
