"""What the control plane costs, and whether calls notice it. Start with `__main__.py`."""
