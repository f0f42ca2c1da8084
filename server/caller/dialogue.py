"""The mind of the simulated caller: what the server tells and the time in, what to do next out. Pure."""

from dataclasses import dataclass

from server.caller.script import Answer, Script, UiAction
from server.caller.wire import FlowState, Interrupted, Message, Status, Transcript

HUMAN_DELAY_S = 0.3
"""People wait about so long before they take the turn."""

PATIENCE_S = 10.0
"""How long the caller stays when it has nothing to answer."""

NO_ANSWER_S = 25.0
"""How long the caller waits for the bot after having spoken; longer than a flow waits before it asks again."""


@dataclass(frozen=True, slots=True)
class Speak:
    """Say this line now."""

    line: str


@dataclass(frozen=True, slots=True)
class Touch:
    """Do this on the screen now."""

    ui: UiAction


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Hang up, and say why."""

    why: str


Decision = Speak | Touch | GiveUp


class Dialogue:
    """One caller in one call.

    It answers once for each turn of the bot, when the bot has finished (`status listening` and nothing left to play).
    """

    def __init__(self, script: Script, run: int = 0) -> None:
        """Play `script`; `run` chooses among the wordings."""
        self._answers = script.answers
        self._run = run
        self._left = [answer.times for answer in script.answers]
        self._status = "idle"
        self._state: str | None = None
        self._heard: dict[str, str] = {}
        self._turn_closed = False
        self._answered = False
        self._bot_began_s: float | None = None
        self._quiet_since_s: float | None = None

    def receive(self, message: Message) -> None:
        """Take in one message of the server."""
        match message:
            case Status(status):
                self._status = status
                self._turn_closed = self._turn_closed or status == "listening"
            case Interrupted():
                self._bot_began_s = None
            case FlowState(state):
                self._state = state
            case Transcript(key, "assistant", text):
                if key not in self._heard and self._turn_closed:
                    self._heard.clear()
                    self._turn_closed = False
                self._heard[key] = text

    def decide(self, now_s: float, *, bot_audible: bool, speaking: bool) -> Decision | None:
        """Return what to do at `now_s`.

        Args:
            now_s: Monotonic.
            bot_audible: Whether the speaker still has something to play.
            speaking: Whether the caller's last line is still being said.
        """
        if self._status == "ended":
            return None
        if bot_audible or self._status == "speaking":
            return self._while_bot_speaks(now_s, bot_audible)
        self._bot_began_s = None
        if speaking or self._quiet_since_s is None:
            self._quiet_since_s = now_s
        return None if speaking else self._in_silence(now_s, now_s - self._quiet_since_s)

    def _while_bot_speaks(self, now_s: float, bot_audible: bool) -> Decision | None:
        self._quiet_since_s = None
        if self._bot_began_s is None and bot_audible:
            self._bot_began_s = now_s
            self._answered = False
        if self._answered or self._bot_began_s is None:
            return None
        for index, answer in enumerate(self._answers):
            after_ms = answer.barge_in_after_ms
            if after_ms is not None and (now_s - self._bot_began_s) * 1000 >= after_ms and self._fits(index):
                return self._give(index)
        return None

    def _in_silence(self, now_s: float, silence_s: float) -> Decision | None:
        if self._answered:
            return GiveUp(f"the bot said nothing for {NO_ANSWER_S:.0f} s") if silence_s >= NO_ANSWER_S else None
        if self._status == "listening" and silence_s >= HUMAN_DELAY_S:
            for index, answer in enumerate(self._answers):
                if answer.barge_in_after_ms is None and self._fits(index):
                    self._quiet_since_s = now_s
                    return self._give(index)
        if silence_s < PATIENCE_S:
            return None
        heard = " ".join(self._heard.values()) or "nothing"
        return GiveUp(f"no answer fits in state {self._state}, after hearing: {heard}")

    def _fits(self, index: int) -> bool:
        answer: Answer = self._answers[index]
        if self._left[index] == 0 or (answer.state is not None and answer.state != self._state):
            return False
        return answer.hears is None or answer.hears.search(" ".join(self._heard.values())) is not None

    def _give(self, index: int) -> Decision | None:
        answer = self._answers[index]
        given = answer.times - self._left[index]
        self._left[index] -= 1
        self._answered = True
        self._turn_closed = True
        if answer.wait:
            return None
        if answer.ui is not None:
            return Touch(answer.ui)
        # a repeated answer is worded anew, as people do when they were not understood
        return Speak(answer.say[(self._run + given) % len(answer.say)])
