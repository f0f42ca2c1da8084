"""The rows of the language: what must have a case. Numbers are those of the compatibility specification, §1 and §9."""

_ROWS = {
    "1.1": ("id", "version", "description", "initial_state", "variables", "settings", "states", "unknown keys"),
    "1.2": ("type", "enum", "required", "default", "persist", "undeclared"),
    "1.3": ("base_system_prompt", "max_duration_secs", "on_timeout", "on_error", "llm_required", "allow_back"),
    "1.4": (
        "ui", "agent", "transitions", "tools", "confirmation_gate", "on_enter", "on_exit", "on_transition_blocked",
    ),
    "1.5": (
        "form", "form_validation_error", "options", "card", "orb_layout", "navigate", "feedback", "dismiss", "custom",
        "intent", "field_update", "extra keys",
    ),
    "1.6": ("prompt", "tools", "response_constraint"),
    "1.7": (
        "description", "parameters", "speech_cue", "auto_extract", "sets_variable", "advances", "schema",
        "confinement", "stale epoch",
    ),
    "1.8": ("on_tool_call", "on_ui_event", "on_action", "on_utterance", "on_timeout", "priority"),
    "1.9": (
        "all", "any", "not", "eq", "neq", "in", "not_in", "not_empty", "empty", "gt", "lt", "gte", "lte", "matches",
        "guard_failed",
    ),
    "1.10": ("variables", "on_confirm", "on_reject", "prompt", "phrases", "correction"),
    "1.11": ("set", "emit"),
    "1.12": ("placeholders", "refresh"),
    "1.13": ("terminal", "initial terminal", "__end__", "__error__"),
    "1.15": ("parse", "check", "warnings"),
    "1.16": ("scoring",),
    "9.1": ("shipped shapes", "quick start", "no flow"),
    "9.2": ("booking",),
    "9.3": ("ten questions",),
    "9.4": ("gate",),
    "9.5": ("onboarding",),
    "9.6": ("handshake",),
    "9.7": ("sdk",),
    "9.8": ("webrtc",),
    "9.9": ("cloud",),
    "9.10": ("barge-in",),
    "ours": (
        "say", "farewell", "last words", "model fails", "spoken values", "slots", "reading back", "reprompt",
        "on_no_match", "started once", "keys", "call", "language", "voice", "endpointing", "interruptible", "back",
    ),
}  # fmt: skip

ROWS = tuple(f"{section} {row}" for section, rows in _ROWS.items() for row in rows)

ELSEWHERE = {
    "9.6 handshake": "tests/conformance/pvp",
    "9.7 sdk": "tests/e2e",
    "9.8 webrtc": "no matter of the language",
    "9.9 cloud": "tests of the control plane",
    "9.10 barge-in": "tests of the turn owner",
}
