"""Tests of control_api."""
