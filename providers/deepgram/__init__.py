"""Deepgram through its SDK: `stt.py` listens (Nova, Flux), `tts.py` speaks (Aura)."""
