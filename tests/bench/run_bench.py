#!/usr/bin/env python3
"""Measures order1688-server against the floor, against what teams would write instead, and against its goals.

    run_bench.py --build DIR [--short | --full] [--only PART]... [--rounds N] [--out FOLDER]

Server on one core, gateway and load on another. Every round measures each server under each load once, one after the other;
every ratio is between figures of one round. bazel-free-scripts/bench.sh builds what this needs and calls it. Progress on
stderr, tables on stdout; in FOLDER result.json, table.md and picture.svg. Nothing here passes or fails by a time: exit code
1 says that a call failed or a server answered wrongly, so that nothing was measured.
"""

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from order1688_bench import alike, report
from order1688_bench.gateway import answers_of, running_nginx, running_sandbox, running_slow_gateway
from order1688_bench.ghz import run_ghz
from order1688_bench.goals import GOALS, LATENCY_S
from order1688_bench.load import LoadGenerator, requests_of
from order1688_bench.machine import describe, load_cores
from order1688_bench.micro import run_micro
from order1688_bench.picture import picture
from order1688_bench.rounds import run_round
from order1688_bench.sample import sample_answer, sample_body
from order1688_bench.servers import ACCOUNT, Servers

BENCH = Path(__file__).resolve().parent
PROJECT = BENCH.parents[1]
TOOLS = PROJECT / "build/tools/bin"
PARTS = [*dict.fromkeys(goal.part for goal in GOALS), "ghz"]
SHORT_PARTS = ["floor", "peers", "micro", "ghz"]
# Rounds, seconds of a measured run, seconds of a micro benchmark, calls of ghz.
SHORT = {"rounds": 1, "seconds": 2, "micro_seconds": 0.1, "ghz_calls": 2000}
FULL = {"rounds": 7, "seconds": 6, "micro_seconds": 0.5, "ghz_calls": 50000}


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="build folder with bin/ and peers/")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--short", action="store_true", help=f"below 2 minutes: {', '.join(SHORT_PARTS)}, 1 round (default)")
    length.add_argument("--full", action="store_true", help=f"everything, {FULL['rounds']} rounds")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=f"only these parts: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, help="how many rounds")
    parser.add_argument("--out", type=Path, help="folder for the results; default: DIR/result")
    options = parser.parse_args()
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds needs a number above 0")
    return options


def measure(options, settings, parts):
    """Gives the goals that were looked at, the RoundFigures, and what ghz counted (None: it did not run)."""
    goals = [goal for goal in GOALS if goal.part in parts]
    pairs = list(dict.fromkeys(pair for goal in goals for pair in goal.pairs))
    programs = options.build / "bin"
    body = sample_body()
    rounds, ghz = [], None
    with ExitStack() as stack:
        # In memory: the logs of the servers must wait for no disk.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="order1688-bench-", dir="/dev/shm")))
        servers = Servers(options.build, folder)
        generator = LoadGenerator(programs, folder, servers.token_file, requests_of(body), settings["seconds"])
        gateways = stack.enter_context(running_nginx(BENCH, folder, answers_of(sample_answer()), load_cores()))
        if any(load == "slow gateway" for _, load in pairs):
            delay_ms = round(LATENCY_S * 1000)
            gateways["slow"] = stack.enter_context(running_slow_gateway(programs, folder, delay_ms, load_cores()))
        if pairs:
            say("comparing what the servers make of the sample order")
            with running_sandbox(PROJECT, folder, ACCOUNT, load_cores()) as sandbox:
                names = dict.fromkeys(server for server, _ in pairs)
                alike.check(names, servers, {**gateways, "sandbox": sandbox}, TOOLS / "grpcurl", PROJECT / "protos", body)
        for number in range(settings["rounds"] if goals else 0):
            say(f"round {number + 1} of {settings['rounds']}")
            figures = run_round(pairs, servers, gateways, generator, say)
            if "micro" in parts:
                figures.micro = run_micro(programs, folder, settings["micro_seconds"])
            rounds.append(figures)
        if "ghz" in parts:
            say("ghz")
            ghz = run_ghz(TOOLS / "ghz", servers, gateways["one"], folder, body, settings["ghz_calls"])
    return goals, rounds, ghz


def main():
    options = parse_options()
    options.build = options.build.resolve()
    settings = dict(FULL if options.full else SHORT)
    if options.rounds:
        settings["rounds"] = options.rounds
    parts = options.only or (PARTS if options.full else SHORT_PARTS)
    begun = time.monotonic()
    try:
        goals, rounds, ghz = measure(options, settings, parts)
    except RuntimeError as error:
        sys.exit(f"run_bench.py: nothing was measured: {error}")

    machine = describe(PROJECT)
    verdicts = report.verdicts(goals, rounds)
    lines = report.markdown(verdicts, rounds, machine, ghz)
    print("\n".join(lines))
    out = options.out or options.build / "result"
    out.mkdir(parents=True, exist_ok=True)
    (out / "table.md").write_text("\n".join(lines) + "\n", "utf-8")
    result = report.as_json(verdicts, rounds, machine, ghz, settings)
    (out / "result.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if rounds and rounds[0].runs:
        (out / "picture.svg").write_text(picture(rounds, machine), "utf-8")
    say(f"took {time.monotonic() - begun:.0f} s; results in {out}")


if __name__ == "__main__":
    main()
