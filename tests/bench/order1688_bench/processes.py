"""Programs under measurement: pinned to cores, ended with this process however it ends, measured by /proc."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    pid: int
    port: int

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def cpu_seconds(self):
        """What all its threads have used so far, in user and in kernel mode."""
        # The name, in brackets, may hold blanks; utime and stime are the 14th and 15th field.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def end(self):
        """Ends it as an operator would, and waits until it has ended."""
        os.kill(self.pid, signal.SIGTERM)
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def peak_memory_mb(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1000
        raise RuntimeError(f"/proc/{self.pid}/status has no VmHWM")


def pinned(cores, command):
    return ["taskset", "--cpu-list", ",".join(map(str, cores)), *map(str, command)]


def environment(**more):
    """Ours, without a proxy that gRPC or Go would ask."""
    return {**os.environ, "no_proxy": f"127.0.0.1,localhost,{os.environ.get('no_proxy', '')}", **more}


def output_of(command, **more):
    """What a program prints. Raises RuntimeError with what it said if it fails."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), **more)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}: {said}")
    return done.stdout


@contextmanager
def started(command, cores, log, **more):
    """A running program; what it says goes to the file `log`, whose end is shown if the block fails."""
    command = ["setpriv", "--pdeathsig", "KILL", *pinned(cores, command)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **more)
    try:
        yield process
    except BaseException:
        print(log.read_text("utf-8", "replace")[-4000:], file=sys.stderr)
        raise
    finally:
        process.kill()
        process.wait()


@contextmanager
def serving(name, command, cores, folder, **more):
    """A program that writes its port into the file after --port-file when it is ready; gives its Process."""
    port_file = folder / f"{name}.port"
    port_file.unlink(missing_ok=True)
    with started([*command, "--port-file", port_file], cores, folder / f"{name}.log", **more) as process:
        while not port_file.exists():  # renamed into place
            try:
                raise RuntimeError(f"{name} ended with {process.wait(0.02)} before it was ready")
            except subprocess.TimeoutExpired:
                pass
        yield Process(process.pid, json.loads(port_file.read_text("utf-8"))["port"])
