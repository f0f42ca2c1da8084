"""What was said in a call, by whom, and how much of it was heard: history, captions, turn log."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kit.ids import uuid7
from pipeline.frames.control import Waterfall
from pipeline.frames.text import Caption
from pipeline.ports import Message
from pipeline.turn_log import LogMoment, TurnLog, TurnTimes

_SHOWN_MESSAGES = 40


@dataclass(frozen=True, slots=True)
class Moment:
    """What a dialogue knew before the user's last turn."""

    messages: int
    log: LogMoment
    user_id: str | None
    user_text: str


@dataclass(slots=True)
class Dialogue:
    """Keeps one truth for captions, the model's history and the report: what was heard."""

    send: Callable[[Caption], None]
    log: TurnLog = field(default_factory=TurnLog)
    _messages: list[Message] = field(default_factory=list)
    _user_id: str | None = None
    _user_text: str = ""
    _bot_id: str = ""
    _bot_text: str = ""
    _times: TurnTimes | None = None
    _waterfall: Waterfall | None = None

    def history(self, said: str | None = None) -> list[Message]:
        """Return what a model is shown, oldest first, without a system prompt; as if the user had just `said` that."""
        messages = self._messages if said is None else [*self._messages, Message("user", said)]
        return messages[-_SHOWN_MESSAGES:]

    @property
    def moment(self) -> Moment:
        """What can be gone back to, as long as nothing of what comes has been sent."""
        return Moment(len(self._messages), self.log.moment, self._user_id, self._user_text)

    def go_back(self, moment: Moment) -> None:
        """Forget what was said since then."""
        del self._messages[moment.messages :]
        self.log.go_back(moment.log)
        self._user_id, self._user_text = moment.user_id, moment.user_text
        self._times = None

    # --- the user ---------------------------------------------------------------------------------------------------
    def user_partial(self, text: str) -> None:
        """Show words that may still change."""
        if text != self._user_text:
            self._user_id, self._user_text = self._user_id or uuid7(), text
            self.send(Caption(self._user_id, "user", text, is_final=False))

    def user_final(self, text: str) -> None:
        """The user said this."""
        self.send(Caption(self._user_id or uuid7(), "user", text))
        self._user_id, self._user_text = None, ""
        self._messages.append(Message("user", text))
        self.log.caller_said(text)

    def user_nothing(self) -> None:
        """It was not speech: take back what was shown."""
        if self._user_id is not None:
            self.send(Caption(self._user_id, "user", "", is_final=False))
            self._user_id, self._user_text = None, ""

    # --- the bot ----------------------------------------------------------------------------------------------------
    def bot_begins(self, times: TurnTimes) -> None:
        """A bot turn is being made."""
        self._bot_id, self._bot_text, self._times, self._waterfall = uuid7(), "", times, None

    @property
    def shown_id(self) -> str | None:
        """The id of the bot's caption, once it has one that shows something."""
        return self._bot_id if self._bot_text else None

    def bot_text(self, text: str, whole: bool) -> None:
        """Show the text of the bot turn so far."""
        self._bot_text = text
        if text:
            self.send(Caption(self._bot_id, "assistant", text, is_final=whole))

    def bot_audible(self) -> Waterfall | None:
        """The first sample went out; return where the gap before it went."""
        if self._times is not None:
            self._waterfall = self._times.waterfall(self.log.next_turn)
        return self._waterfall

    def bot_ends(self, heard: str | None) -> None:
        """The bot turn is over; `heard` is what was heard of it, None for all."""
        if self._times is None:
            return
        interrupted = heard is not None and heard != self._bot_text
        text = self._bot_text if heard is None else heard
        if interrupted and self._bot_text:
            self.send(Caption(self._bot_id, "assistant", text, interrupted=True))
        if text:
            self._messages.append(Message("assistant", text))
        if text or self._waterfall is not None or self._times.failures:
            self.log.bot_said(text, self._waterfall, self._times, interrupted=interrupted)
        self._times = None
