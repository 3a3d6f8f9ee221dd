#!/usr/bin/env python3
"""Writes server/branch_profile.yaml anew: which branches order1688-server takes under the loads of the benchmark.

    record_profile.py --build DIR

llvm-bolt puts counters into the program as it was linked; the program runs a while under each load, and writes them when it
ends. It measures no time, so other work on the machine does no harm. bazel-free-scripts/bench.sh --record-profile builds
what this needs and calls it. Build anew afterwards: the programs are laid out by the file.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from order1688_bench.branch_profile import condensed
from order1688_bench.gateway import answers_of, running_nginx
from order1688_bench.load import LOADS, LoadGenerator, requests_of
from order1688_bench.machine import load_cores, server_cores
from order1688_bench.sample import sample_answer, sample_body
from order1688_bench.servers import POSTGRES, SQLITE, Servers

BENCH = Path(__file__).resolve().parent
PROJECT = BENCH.parents[1]
PROFILE = PROJECT / "server/branch_profile.yaml"
SECONDS = 3
RUNS = [(SQLITE, "64"), (SQLITE, "1"), (SQLITE, "100 lines"), (SQLITE, "100 orders"), (POSTGRES, "64")]


def run(*command):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"record_profile.py: {Path(command[0]).name} failed: {done.stdout[-2000:]}")


def record(build, folder, counts, bolt):
    """Gives the files with what was counted in each run."""
    instrumented = folder / "bin/order1688-server"
    instrumented.parent.mkdir()
    linked = build / "bin/order1688-server.linked"
    run(bolt, linked, "-instrument", f"--instrumentation-file={counts}", "-o", instrumented)
    servers = Servers(folder, folder)
    generator = LoadGenerator(build / "bin", folder, servers.token_file, requests_of(sample_body()), SECONDS)
    files = []
    with running_nginx(BENCH, folder, answers_of(sample_answer()), load_cores()) as gateways:
        for server, load_name in RUNS:
            print(f"==> {server}, load {load_name}", file=sys.stderr, flush=True)
            load = LOADS[load_name]
            with servers.running(server, gateways[load.gateway], server_cores(1)) as process:
                generator.measure(process, load, 0)
                process.end()
            files.append(counts.rename(counts.with_name(f"{len(files)}.fdata")))
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="build folder with bin/, laid out")
    build = parser.parse_args().build.resolve()
    if not (build / "bin/order1688-server.linked").exists():
        sys.exit("record_profile.py: order1688-server is not laid out: is bolt-16 installed?")
    bolt = Path(shutil.which("llvm-bolt-16")).resolve()  # finds its library of counters from there
    with tempfile.TemporaryDirectory(prefix="order1688-profile-") as name:
        folder = Path(name)
        files = record(build, folder, folder / "counts.fdata", bolt)
        merged, whole = folder / "merged.fdata", folder / "whole.yaml"
        with merged.open("w") as output:
            subprocess.run([bolt.with_name("merge-fdata"), *files], stdout=output, stderr=subprocess.DEVNULL, check=True)
        linked = build / "bin/order1688-server.linked"
        run(bolt, linked, f"--data={merged}", "--reorder-blocks=ext-tsp", "-w", whole, "-o", folder / "laid-out")
        text = condensed(whole.read_text("utf-8"))
    PROFILE.write_text(text, "utf-8")
    print(f"==> wrote {PROFILE.relative_to(PROJECT)}: {text.count('name:')} functions", file=sys.stderr)


if __name__ == "__main__":
    main()
