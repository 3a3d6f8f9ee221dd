"""The micro benchmarks: one run of the whole program in each round."""

import json

from order1688_bench.machine import server_cores
from order1688_bench.processes import output_of, pinned

NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def run_micro(programs, folder, seconds):
    """Nanoseconds of one iteration by benchmark: of real time where threads are measured, else of the CPU."""
    out = folder / "micro.json"
    command = [
        programs / "micro_bench", f"--benchmark_min_time={seconds}", f"--benchmark_out={out}", "--benchmark_out_format=json",
    ]  # fmt: skip
    output_of(pinned(server_cores(1), command))
    times = {}
    for run in json.loads(out.read_text("utf-8"))["benchmarks"]:
        if run.get("error_occurred"):
            raise RuntimeError(f"{run['name']}: {run['error_message']}")
        time = run["real_time" if "real_time" in run["name"] else "cpu_time"]
        times[run["name"].removesuffix("/process_time/real_time")] = time * NANOSECONDS[run["time_unit"]]
    return times
