"""The machine: which cores the benchmark uses for what, and a description for the result."""

import os
import platform
import subprocess
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))


def server_cores(count):
    return CORES[:count]


def load_cores(server_count=1):
    """Where gateway and load run: on cores that the server does not have, if there are any."""
    return CORES[server_count : server_count + 2] or CORES[-1:]


def enough_cores_for_two():
    return len(CORES) >= 4


def first_match(path, key):
    for line in Path(path).read_text("utf-8").splitlines():
        if line.startswith(key):
            return line[len(key) :].strip(' \t:="')
    return "?"


def first_line_of(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "?"
    return done.stdout.partition("\n")[0].strip()


def describe(project):
    """Name and value of everything that the figures depend on."""
    git = ["git", "-c", "safe.directory=*", "-C", str(project)]
    changed = first_line_of(*git, "status", "--porcelain", "--untracked-files=no") if Path(project / ".git").exists() else ""
    return {
        "cpu": first_match("/proc/cpuinfo", "model name"),
        "cores": len(CORES),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": first_match("/etc/os-release", "PRETTY_NAME"),
        "kernel": platform.release(),
        "grpc": first_line_of("pkg-config", "--modversion", "grpc++"),
        "protobuf": first_line_of("pkg-config", "--modversion", "protobuf"),
        "libcurl": first_line_of("pkg-config", "--modversion", "libcurl"),
        "compiler": first_line_of("g++", "--version"),
        "node": first_line_of("node", "--version"),
        "go": first_line_of("go", "version").removeprefix("go version "),
        "python": platform.python_version(),
        "commit": first_line_of(*git, "rev-parse", "--short=12", "HEAD") + (" and changes" if changed else ""),
    }
