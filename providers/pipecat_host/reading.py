"""What a recogniser of pipecat's has read of the current turn, and whether that is all. Pure."""

from pipeline.ports import SttResult

_PARTIAL_CONFIDENCE = 0.5
_STALE_S = 0.3  # what was said before a turn is read within that
_CONFIRMED_S = 0.02  # it is confirmed before the last piece is passed on
_JUST_S = 1.0  # a final piece that came so shortly before the question may have been the last
_MORE_S = 0.08  # a service that does not say when it is done may send another piece within that


class Reading:
    """Puts a turn together; transcripts come without times, so they belong to the turn in which they come."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self._finals: list[str] = []
        self._interim = ""
        self._unread = False
        self._stale_to_s = float("-inf")
        self._asked_s: float | None = None
        self._final_s = self._confirmed_s = float("-inf")
        self._done = False

    def begin(self, now_s: float) -> None:
        """Start a turn; what comes at once may still be about the one before, if that was never read to its end."""
        self._stale_to_s = now_s + _STALE_S if self._unread and not self._done else float("-inf")
        self._finals, self._interim = [], ""
        self._asked_s, self._done, self._unread = None, False, False

    def fed(self) -> None:
        """Sound of the turn was sent."""
        self._unread, self._done, self._asked_s = True, False, None

    def asked(self, now_s: float) -> None:
        """The service was told to read what it has."""
        self._asked_s = now_s

    def heard(self, text: str, now_s: float, *, final: bool, last: bool = False) -> None:
        """Take a transcript.

        Args:
            text: Of the piece since the last final one.
            now_s: When it came.
            final: It will not change.
            last: The service says that this is all it was asked for.
        """
        if now_s < self._stale_to_s:
            return
        if not final:
            self._interim = text
            return
        self._finals.append(text.strip())
        self._interim = ""
        self._final_s = now_s
        self._done = self._done or last

    def confirmed(self, now_s: float) -> None:
        """The service has read all that it was asked for."""
        self._confirmed_s = now_s

    def settled(self) -> None:
        """Nothing more is waited for."""
        self._done = True

    def done_s(self, now_s: float) -> float | None:
        """Return when the reading is whole: now or earlier if it is, None if only the service can tell."""
        if self._done or not self._unread:
            return now_s
        if self._asked_s is None:
            return None
        if self._confirmed_s >= self._asked_s:
            return self._confirmed_s + _CONFIRMED_S
        return self._final_s + _MORE_S if self._final_s >= self._asked_s else None

    def will_do(self, *, answered: bool) -> bool:
        """Whether this is taken for the whole turn where no end of it came in time.

        Args:
            answered: Something came from the service since it was asked: then silence means that there was no more.
        """
        if self._interim:
            return False
        asked_s = self._asked_s if self._asked_s is not None else float("inf")
        return answered or (bool(self._finals) and self._final_s >= asked_s - _JUST_S)

    def result(self) -> SttResult:
        """Return the reading so far."""
        text = " ".join([*self._finals, self._interim.strip()]).strip()
        if not text:
            return SttResult("", 0.0)
        return SttResult(text, _PARTIAL_CONFIDENCE if self._interim else 1.0)
