"""One noun a file: plain functions that take the session first. Queries stand here and nowhere else."""
