"""`python -m benchmarks.bargein`: how soon the bot is silent, what stops it for nothing, and what history keeps."""
