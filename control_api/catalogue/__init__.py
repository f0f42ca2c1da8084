"""Which models and voices agents can name: `rows.yaml` is the data, `rows.py` resolves names."""
