"""Any server that speaks OpenAI's chat completions: `llm.py` is the port, `chat.py` the requests below it."""
