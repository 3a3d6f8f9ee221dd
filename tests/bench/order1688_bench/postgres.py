"""A PostgreSQL cluster of our own, on the disk, with the durability that it has by default."""

import os
import pwd
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from order1688_bench.machine import CORES
from order1688_bench.processes import output_of, started

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
SETTINGS = {"listen_addresses": "", "dynamic_shared_memory_type": "mmap", "max_connections": "100"}


def as_its_user(command):
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return command
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", *command]


def is_ready(folder):
    command = [PROGRAMS / "pg_isready", "--quiet", "--host", folder]
    return subprocess.run(command).returncode == 0


@contextmanager
def running_postgres():
    """Gives the connection string of an empty database. It may use every core, as on a machine of its own."""
    with tempfile.TemporaryDirectory(prefix="order1688-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
        data = folder / "data"
        initdb = [PROGRAMS / "initdb", "-D", data, "-U", "order1688", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        output_of(as_its_user(initdb), cwd="/")
        settings = [f"-c{name}={value}" for name, value in {**SETTINGS, "unix_socket_directories": folder}.items()]
        # Said again, because setpriv loses it when it changes the user.
        command = as_its_user(["setpriv", "--pdeathsig", "QUIT", PROGRAMS / "postgres", "-D", data, *settings])
        with started(command, CORES, folder / "postgres.log", cwd="/") as process:
            while not is_ready(folder):
                if process.poll() is not None:
                    raise RuntimeError(f"PostgreSQL ended with {process.returncode}")
                time.sleep(0.05)  # between two looks
            try:
                yield f"host={folder} dbname=postgres user=order1688"
            finally:
                process.send_signal(signal.SIGINT)  # so that it removes its shared memory
                process.wait()
