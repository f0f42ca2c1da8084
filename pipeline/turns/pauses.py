"""What a voice that comes back tells about the pause before it. Pure."""

from dataclasses import replace

from pipeline.turns.state import Bot, State, User

SOON_S = 1.2  # whoever stops the bot so soon after a turn had not ended it


def haste_s(state: State, now_s: float) -> float | None:
    """Return how long the user had paused when the bot began, if the user may only have paused."""
    pause_s = now_s - state.quiet_since_s
    early = state.bot is Bot.PLAYING and state.user is User.SILENT and state.decision > 0
    return pause_s if early and pause_s <= SOON_S else None


def learn_pause(state: State, now_s: float) -> State:
    """Learn that the user goes on: before the turn was found over, or so soon that it was not over."""
    cut_off = state.bot is Bot.PREPARING and state.decision > 0
    if state.user is not User.DECIDING and not cut_off:
        return state
    pause_s = now_s - state.quiet_since_s
    patience = state.patience.after_pause(pause_s, state.answered_to)
    return replace(state, patience=patience.after_haste(pause_s, state.answered_to) if cut_off else patience)
