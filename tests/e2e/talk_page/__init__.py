"""The talk page against the real server, with real speech and the embedded models."""
