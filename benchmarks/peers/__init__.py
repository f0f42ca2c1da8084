"""Who we are measured against, each a process of its own in the environment that `make bench-peers` makes.

`bots.md` beside these files says how each is set up and tuned.
"""
