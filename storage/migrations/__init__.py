"""How the schema grew. A new step: `python -m storage.migrations.write MESSAGE`; read it before you commit it."""
