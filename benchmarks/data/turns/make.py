"""Makes the labelled turns: `python -m benchmarks.data.turns.make [--recordings DIR]`.

The labels are true by construction: where words begin and end is measured on the clean voice, before pauses, noise and
the telephone. Turns that need recordings are left as they are where the folder of recordings is not given.
"""

import asyncio
import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.data.turns import sounds
from benchmarks.data.turns.plan import Noise, Planned, Quiet, Words, planned
from benchmarks.data.turns.recordings import RECORDINGS
from benchmarks.data.turns.sounds import Floats
from pipeline.audio.mulaw import mulaw_decode
from providers.embedded.hibari import HibariTts
from providers.embedded.inference import InferencePool
from server.caller.measure import voiced_segments
from server.caller.sound import RATE_HZ, read_wav, resample
from server.caller.voice import Voice, VoiceSpec
from telephony.band import LINE_RATE_HZ, ToLine

FOLDER = Path(__file__).parent
_LEAD_S, _TAIL_S = 0.4, 1.5
_ROOM_DBFS = -66.0
_VOICE_DBFS = -24.0
_GAINS_DB = (0.0, -6.0, 3.0, -3.0, -10.0)  # people and lines differ
_SOUND_PEAK = 8000.0
_BACKGROUND = "two_cities_30s"
BOT_RATE_HZ = HibariTts.capabilities.rates_hz[0]
_LINE_DELAY_SAMPLES = 40  # of `ToLine`, at 8 kHz


@dataclass(slots=True)
class Clean:
    """A turn before noise: its samples, and where somebody speaks in them."""

    samples: Floats = field(default_factory=lambda: np.zeros(0))
    speech: list[tuple[int, int]] = field(default_factory=list)
    noises: list[tuple[int, Floats]] = field(default_factory=list)

    def add(self, voice: npt.NDArray[np.int16]) -> None:
        """Let words follow, without the silence around them."""
        found = voiced_segments(voice, RATE_HZ)
        first, last = max(0, found[0].start_samples - 160), min(len(voice), found[-1].end_samples + 480)
        offset = len(self.samples) - first
        for segment in found:
            start, end = segment.start_samples + offset, segment.end_samples + offset
            if self.speech and start - self.speech[-1][1] < RATE_HZ // 10:
                start = self.speech.pop()[0]
            self.speech.append((start, end))
        self.samples = np.concatenate((self.samples, voice[first:last].astype(np.float64)))

    def wait(self, seconds: float) -> None:
        """Let silence follow, counted from the last voiced sample."""
        since = len(self.samples) - self.speech[-1][1] if self.speech else 0
        self.samples = np.concatenate((self.samples, np.zeros(max(0, round(seconds * RATE_HZ) - since))))


class Maker:
    """Makes one turn after the other; voices and recordings are loaded once."""

    def __init__(self, recordings: Path | None) -> None:
        """Take recordings from this folder."""
        self.recordings = recordings
        self._voices: dict[tuple[str, int], Voice] = {}

    def make(self, turn: Planned) -> tuple[npt.NDArray[np.int16], dict[str, Any]]:
        """Return its samples at 16 kHz and its labels."""
        clean = self._clean(turn)
        total = len(clean.samples) + round((_LEAD_S + _TAIL_S) * RATE_HZ)
        lead = round(_LEAD_S * RATE_HZ)
        mixed = sounds.hiss(total / RATE_HZ, turn.number) * _level(_ROOM_DBFS)
        mixed[lead : lead + len(clean.samples)] += clean.samples
        for at, sound in clean.noises:
            fitting = sound[: max(0, total - lead - at)]
            mixed[lead + at : lead + at + len(fitting)] += fitting
        if "noise" in turn.extra:
            mixed += self._background(turn, total, clean)
        speech = [[round((lead + a) / RATE_HZ, 3), round((lead + b) / RATE_HZ, 3)] for a, b in clean.speech]
        return np.clip(np.rint(mixed), -32768, 32767).astype(np.int16), _labels(turn, speech, total / RATE_HZ)

    def _clean(self, turn: Planned) -> Clean:
        extra, clean = turn.extra, Clean()
        if "recording" in extra:
            clean.add(self._recording(turn))
        elif "seconds" in extra:
            clean.samples = np.zeros(round(extra["seconds"] * RATE_HZ))
        elif "sound" in extra:
            clean.samples = _repeated(turn)
        elif "bot" in extra:
            clean.samples = sounds.room(self._bot_says(extra["bot"])) * 10 ** (extra["gain_db"] / 20)
        else:
            self._speak(turn, clean)
            gain = _level(_VOICE_DBFS + _GAINS_DB[turn.number % len(_GAINS_DB)]) / _rms(clean)
            clean.samples *= gain
        return clean

    def _speak(self, turn: Planned, clean: Clean) -> None:
        parts = turn.parts()
        voice = self._voices.setdefault(turn.voice, Voice(VoiceSpec(*turn.voice)))
        for index, part in enumerate(parts):
            match part:
                case Words(text):
                    ends = not any(isinstance(later, Words) for later in parts[index + 1 :])
                    clean.add(voice.sound_of(text if ends or not text[-1].isalnum() else f"{text},"))
                case Quiet(seconds):
                    clean.wait(seconds)
                case Noise(name):
                    sound = sounds.cough(turn.number) if name == "cough" else sounds.door(turn.number)
                    clean.wait(0.25)
                    clean.noises.append((len(clean.samples), sound * 6000))
                    clean.samples = np.concatenate((clean.samples, np.zeros(len(sound) + RATE_HZ // 5)))

    def _recording(self, turn: Planned) -> npt.NDArray[np.int16]:
        assert self.recordings is not None
        samples = read_wav(self.recordings / f"{turn.extra['recording']}.wav")
        first, last = (round(turn.extra.get(key, end) * RATE_HZ) for key, end in (("from", 0), ("to", 60)))
        return samples[first:last]

    def _bot_says(self, text: str) -> Floats:
        """Let the bot's own voice speak, as the server does."""
        pcm = asyncio.run(_bot_pcm(text))
        return resample(np.frombuffer(pcm, "<i2"), BOT_RATE_HZ, RATE_HZ).astype(np.float64)

    def _background(self, turn: Planned, total: int, clean: Clean) -> Floats:
        name, _, below_db = str(turn.extra["noise"]).partition("@")
        if name == "talk":
            assert self.recordings is not None
            talk = read_wav(self.recordings / f"{_BACKGROUND}.wav")[2 * RATE_HZ :].astype(np.float64)
            start = turn.number * 1111 % (len(talk) - total)
            noise = talk[start : start + total]
            noise = noise / np.sqrt(np.mean(noise**2))
        else:
            noise = {"street": sounds.street, "keyboard": sounds.keyboard}[name](total / RATE_HZ + 0.01, turn.number)
        level = _rms(clean) * 10 ** (-float(below_db) / 20) if below_db else _level(turn.extra["noise_dbfs"])
        return noise[:total] * level


@click.command()
@click.option("--recordings", type=click.Path(path_type=Path, exists=True), help="Folder of the original recordings.")
def main(recordings: Path | None) -> None:
    """Make all turns and their index."""
    index = FOLDER / "index.json"
    before = {entry["id"]: entry for entry in json.loads(index.read_text("utf-8"))} if index.exists() else {}
    maker, entries = Maker(recordings), []
    for turn in planned():
        if turn.needs_recordings and recordings is None:
            entries.append(before[turn.turn_id])
            continue
        samples, labels = maker.make(turn)
        _write(FOLDER / labels["file"], samples, turn.band)
        entries.append(labels)
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    index.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    seconds = sum(soundfile.info(FOLDER / entry["file"]).duration for entry in entries)
    click.echo(f"{len(entries)} turns, {seconds:.0f} s")


def _labels(turn: Planned, speech: list[list[float]], seconds: float) -> dict[str, Any]:
    said = bool(speech) and not turn.over_bot
    recording = RECORDINGS.get(turn.extra.get("recording", ""))
    entry = {
        "id": turn.turn_id,
        "file": f"audio/{turn.turn_id}.{'wav' if turn.band == 'telephone' else 'flac'}",
        "rate_hz": LINE_RATE_HZ if turn.band == "telephone" else RATE_HZ,
        "band": turn.band,
        "kind": turn.kind,
        "text": turn.text or (turn.extra.get("text", recording.text) if recording else ""),
        "source": recording.source if recording else _made_by(turn),
        "licence": recording.licence if recording else "Apache-2.0",
        "seconds": round(seconds, 3),
        "speech": speech,
        "true_end_s": speech[-1][1] if said else None,
        "pauses": [[a[1], b[0]] for a, b in pairwise(speech)],
        "state_rule": turn.rule,
        "over_bot": turn.over_bot,
    }
    return entry | ({"bot_text": turn.extra["bot"]} if "bot" in turn.extra else {})


def _made_by(turn: Planned) -> str:
    noise = str(turn.extra.get("noise", ""))
    background = f"; behind it {RECORDINGS[_BACKGROUND].source}, MIT" if noise.startswith("talk") else ""
    if "bot" in turn.extra:
        return "embedded voice of the bot, through a room"
    if not turn.say:
        return "made from noise" + background
    return f"embedded voice, {turn.voice[0]} at {turn.voice[1]} words a minute{background}"


def _write(path: Path, samples: npt.NDArray[np.int16], band: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if band == "wideband":
        soundfile.write(path, samples, RATE_HZ, format="FLAC", subtype="PCM_16")
        return
    line = ToLine(RATE_HZ).run(np.concatenate((samples, np.zeros(2 * _LINE_DELAY_SAMPLES, np.int16))))
    soundfile.write(path, mulaw_decode(line[_LINE_DELAY_SAMPLES:]), LINE_RATE_HZ, format="WAV", subtype="ULAW")


async def _bot_pcm(text: str) -> bytes:
    pool = InferencePool(1)
    try:
        return b"".join([pcm async for pcm in HibariTts(pool).stream(text)])
    finally:
        pool.close()


def _repeated(turn: Planned) -> Floats:
    """A sound without words, once or again and again."""
    name, gain = turn.extra["sound"], 10 ** (turn.extra.get("gain_db", 0) / 20)
    pieces: list[Floats] = []
    for time in range(turn.extra.get("repeat", 1)):
        seed = turn.number + time
        sound = sounds.keyboard(2.0, seed) / 12 if name == "keyboard" else getattr(sounds, name)(seed)
        pieces.extend((sound, np.zeros(round(0.25 * RATE_HZ))))
    repeated: Floats = np.concatenate(pieces) * (gain * _SOUND_PEAK)
    return repeated


def _level(dbfs: float) -> float:
    return float(32768 * 10 ** (dbfs / 20))


def _rms(clean: Clean) -> float:
    """Of the words alone."""
    return float(np.sqrt(np.mean(np.concatenate([clean.samples[a:b] for a, b in clean.speech]) ** 2)))


if __name__ == "__main__":
    main()
