"""`antiphon call`: make one simulated call and say what came of it."""

import asyncio
import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from kit.errors import AntiphonError, InputError
from server.caller.client import make_call
from server.caller.live_call import CallPlan, CallRecord, Event
from server.caller.local_server import local_server
from server.caller.phone import CARRIERS, check_script, make_phone_call
from server.caller.phone_wire import stream_url
from server.caller.report import report_of
from server.caller.script import Script, in_order, read_script, unmet
from server.caller.sound import RATE_HZ, Sound, write_stereo_wav
from server.caller.twilio_webhook import ring
from server.caller.twilio_wire import TwilioWire
from server.caller.voice import Voice, VoiceSpec
from server.caller.wire import call_url

_DEFAULT_SERVER = "http://127.0.0.1:8000"
_LABELS = {"bot": "bot", "caller": "caller", "heard": "  heard as", "state": "  state", "screen": "screen"}
_SHOWN_AS_THEY_ARE = ("interrupted", "waterfall", "error", "end")


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What the command line asked for."""

    server: str | None
    in_process: bool
    flow: str | None
    script: Script
    telephone: bool
    voice: str | None
    run: int
    via: str
    number: str | None = None
    auth_token: str | None = None


@click.command("call")
@click.option("--server", help=f"Address of the server; {_DEFAULT_SERVER} unless told.")
@click.option("--in-process", is_flag=True, help="Start a server for this call only, on a free port.")
@click.option("--flow", help="Name of a flow of the server; with --in-process also a YAML file.")
@click.option("--say", multiple=True, help="What the caller says, line by line; further lines may simply follow.")
@click.option("--audio", multiple=True, help="WAV files the caller plays in place of lines, in order.")
@click.option("--script", type=click.Path(path_type=Path), help="A caller script (YAML).")
@click.option("--telephone", is_flag=True, help="Call over a phone line: 300-3400 Hz, 8 kHz, µ-law, both ways.")
@click.option("--via", type=click.Choice(["pvp", *CARRIERS]), default="pvp", help="Call like a browser, or a carrier.")
@click.option("--number", help="Ring this line of a running server, webhook and all (--via twilio).")
@click.option("--auth-token", envvar="TWILIO_AUTH_TOKEN", help="Signs as the line's Twilio account; TWILIO_AUTH_TOKEN.")
@click.option("--voice", help="deep, low, bright, or a voice of espeak-ng such as en-us+m3@140 (words a minute).")
@click.option("--run", default=0, show_default=True, help="Which wordings of the script to use.")
@click.option("--wav", type=click.Path(path_type=Path), help="Write the call here: caller left, bot right.")
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write the report here.")
@click.argument("more", nargs=-1)
def call(**arguments: Any) -> None:
    """Call a flow and talk to it; exit code 0 only if the call was completed and the script's expectations hold."""
    try:
        options = _options(arguments)
        record, problems = _run(options)
    except AntiphonError as error:
        raise click.ClickException(f"{error} [{error.code}]") from error
    report = report_of(record) | {"unmet": problems}
    _print_summary(report)
    if arguments["wav"] is not None:
        write_stereo_wav(arguments["wav"], record.caller, record.bot)
    if arguments["json_out"] is not None:
        arguments["json_out"].parent.mkdir(parents=True, exist_ok=True)
        arguments["json_out"].write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.exit(1 if problems else 0)


def _options(arguments: dict[str, Any]) -> CallOptions:
    if arguments["server"] is not None and arguments["in_process"]:
        raise click.UsageError("--server and --in-process exclude each other")
    number, token = arguments["number"], arguments["auth_token"]
    if number is not None and (
        arguments["via"] != "twilio" or arguments["in_process"] or arguments["flow"] or not token
    ):
        raise click.UsageError(
            "--number goes with --via twilio, a running server and --auth-token; its line has a flow"
        )
    script = _script(arguments)
    return CallOptions(
        number=number,
        auth_token=token,
        server=arguments["server"],
        in_process=arguments["in_process"],
        flow=arguments["flow"] or script.flow,
        script=script,
        telephone=arguments["telephone"],
        voice=arguments["voice"] or script.voice,
        run=arguments["run"],
        via=arguments["via"],
    )


def _script(arguments: dict[str, Any]) -> Script:
    say, audio, path = arguments["say"], arguments["audio"], arguments["script"]
    if sum(bool(source) for source in (say, audio, path)) != 1:
        raise click.UsageError("say what the caller does with exactly one of --say, --audio and --script")
    if path is not None:
        if arguments["more"]:
            raise click.UsageError(f"what is {arguments['more'][0]!r} beside --script?")
        return read_script(path)
    lines = (*(say or audio), *arguments["more"])
    if audio and not all(line.lower().endswith(".wav") for line in lines):
        raise click.UsageError("--audio takes files ending in .wav")
    return in_order(lines)


def _run(options: CallOptions) -> tuple[CallRecord, list[str]]:
    if options.flow is None and options.number is None:
        raise InputError("which flow? Give --flow, or a script that names one", code="caller.no_flow")
    if options.via != "pvp":
        check_script(options.script)
    voice = Voice(VoiceSpec.parse(options.voice) if options.voice else VoiceSpec())
    sounds = {line: voice.sound_of(line) for line in options.script.lines()}
    with ExitStack() as stack:
        plan, wire = _plan(options, sounds, stack)
        make = make_call if options.via == "pvp" else partial(make_phone_call, carrier=options.via, wire=wire)
        record = asyncio.run(make(plan, _print_event))
    problems = unmet(
        options.script.expect,
        completed=record.completed,
        variables=record.variables,
        states=record.states(),
    )
    return record, problems


def _plan(options: CallOptions, sounds: dict[str, Sound], stack: ExitStack) -> tuple[CallPlan, TwilioWire | None]:
    """Return where to call; a line is rung first, and says so itself."""
    url, headers, wire = "", dict[str, str](), None
    if options.number is not None:
        ringing = ring(options.server or _DEFAULT_SERVER, options.number, options.auth_token or "")
        url, headers, wire = ringing.url, ringing.headers, ringing.wire
    elif options.flow is not None:
        url = _url(options, options.flow, stack)
    return CallPlan(url, options.script, sounds, options.run, options.telephone, headers=headers), wire


def _url(options: CallOptions, flow: str, stack: ExitStack) -> str:
    address_of = call_url if options.via == "pvp" else partial(stream_url, options.via)
    file = Path(flow) if flow.endswith((".yaml", ".yml")) else None
    if not options.in_process:
        if file is not None:
            raise InputError(
                f"{flow} is a file; a running server knows its flows by name. Fix: --flow {file.stem}, or --in-process",
                code="caller.flow_file",
            )
        return address_of(options.server or _DEFAULT_SERVER, flow)
    if file is not None and not file.is_file():
        raise InputError(f"{flow}: no such file", code="caller.flow_file")
    address = stack.enter_context(local_server(file.parent if file else None))
    return address_of(address, file.stem if file else flow)


def _print_event(event: Event) -> None:
    label = event.who if event.who in _SHOWN_AS_THEY_ARE else _LABELS[event.who]
    detail = f" {json.dumps(event.detail)}" if event.who == "screen" else ""
    click.echo(f"{event.at_samples / RATE_HZ:7.2f} s  {label:12} {event.text}{detail}".rstrip())


def _print_summary(report: dict[str, Any]) -> None:
    waits = report["voice_to_voice_ms"]
    click.echo(f"\ncompleted: {report['completed']} ({report['end_reason']})")
    for name, value in report["variables"].items():
        click.echo(f"  {name} = {value!r}")
    if waits["p50"] is not None:
        click.echo(f"voice to voice: p50 {waits['p50']:.0f} ms, p95 {waits['p95']:.0f} ms")
    for problem in report["unmet"]:
        click.echo(f"not as expected: {problem}", err=True)
