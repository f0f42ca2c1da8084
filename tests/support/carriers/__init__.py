"""Carriers on the virtual clock, stricter than the real ones."""
