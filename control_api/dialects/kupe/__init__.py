"""The Kupe Voice Agent API, `/api/v1` and `/api/call` (docs/kupe.md): routes, shapes and words, no rules."""
