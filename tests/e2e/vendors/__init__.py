"""Vendors' stand-ins on loopback: these tests wait more than they compute, so several run side by side."""
