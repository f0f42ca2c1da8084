"""One table a file. `base.py` has what all share; `storage/schema.py` knows them all."""
