"""Calls per core, ours and others': `python -m benchmarks.capacity`.

`columns.py` says what is compared, `climb.py` steps up the load, `callers.py` is the load, `node.py` is our server and
`benchmarks/peers/` are the others; `meter.py` runs inside each of them.
"""
