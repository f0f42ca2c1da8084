"""Tests of the PVP codec."""
