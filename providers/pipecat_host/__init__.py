"""Any service of pipecat as a provider, hosted singly, without a pipeline (ADR 0020). Start with `entry.py`.

`library.py` is the only file that imports pipecat, `host.py` runs one service, `stt.py`, `llm.py` and `tts.py` fill
the ports.
"""
