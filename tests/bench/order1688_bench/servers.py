"""What is measured: the floor, order1688-server over each ledger, and the peers. Each is started afresh for every run."""

import hashlib
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from order1688_bench.postgres import running_postgres
from order1688_bench.processes import environment, serving

ACCOUNT = {
    "ACCESS_KEY": "58c0201dfdf148eca63cbf6bb5e7cf03",
    "ACCESS_SECRET": "secret-of-the-benchmark",
    "USER_ID": "2100007341207",
}
# An account takes at most 10,000 orders a second and 1,000 in flight: several of them, each with a caller of its own.
TOKENS = [f"token-of-the-benchmark-{number}" for number in range(4)]

FLOOR = "floor"
OFF = "order1688"  # without ledger and pacing: unledgered_server
SQLITE = "order1688, SQLite"
POSTGRES = "order1688, PostgreSQL"
NODE, GO, PYTHON = "Node", "Go", "Python"
PEERS = {
    NODE: ["node", "server.js"],
    GO: ["./server"],
    PYTHON: ["venv/bin/python", "server.py"],
}


class Servers:
    """Starts them. `build` is the build folder with bin/ and peers/."""

    def __init__(self, build, folder):
        self.programs = build / "bin"
        self.peers = build / "peers"
        self.folder = folder
        self.token_file = folder / "tokens"
        self.token_file.write_text("".join(f"{token}\n" for token in TOKENS))
        self.secret_file = folder / "secret"
        self.secret_file.touch(0o600)
        self.secret_file.write_text(ACCOUNT["ACCESS_SECRET"])

    @contextmanager
    def running(self, name, gateway, cores):
        """Gives the Process of the server `name`, in front of that gateway, on those cores."""
        with ExitStack() as stack:
            if name == FLOOR:
                command = [self.programs / "floor_service", "--listen", "127.0.0.1:0", "--gateway", gateway]
                yield stack.enter_context(serving("floor", command, cores, self.folder))
            elif name in PEERS:
                command = [*PEERS[name], "--listen", "127.0.0.1:0", "--gateway", gateway]
                peer = serving(name, command, cores, self.folder, env=environment(**ACCOUNT), cwd=self.peers / name.lower())
                yield stack.enter_context(peer)
            else:
                program = "unledgered_server" if name == OFF else "order1688-server"
                yield stack.enter_context(self.order1688(program, stack.enter_context(self.ledger(name)), gateway, cores))

    @contextmanager
    def ledger(self, name):
        """Gives the configuration of a new, empty ledger."""
        with ExitStack() as stack:
            if name == POSTGRES:
                (self.folder / "dsn").touch(0o600)
                (self.folder / "dsn").write_text(stack.enter_context(running_postgres()))
                (self.folder / "key").touch(0o600)
                (self.folder / "key").write_text("0123456789abcdef" * 4)
                yield f'postgres {{ dsn_file: "{self.folder}/dsn" }} encryption_key_files: "{self.folder}/key"'
                return
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="order1688-bench-", dir="/var/tmp"))
            yield f'sqlite {{ path: "{folder}/ledger.db" }}'

    def order1688(self, program, ledger, gateway, cores):
        config = ['listen: "127.0.0.1:0" ops_listen: "127.0.0.1:0"']
        config.append("limits { max_placements_in_flight: 100000 max_cargo_lines_per_seller: 100 }")
        for number, token in enumerate(TOKENS):
            digest = hashlib.sha256(token.encode()).hexdigest()
            config.append(
                f'accounts {{ name: "account-{number}" environment: SANDBOX base_url: "{gateway}" user_id: "{ACCOUNT["USER_ID"]}" '
                f'access_key: "{ACCOUNT["ACCESS_KEY"]}" access_secret_file: "{self.secret_file}" '
                "max_in_flight: 1000 orders_per_second: 10000 }"
            )
            config.append(
                f'callers {{ id: "caller-{number}" token_sha256: "{digest}" accounts: "account-{number}" permissions: PLACE }}'
            )
        config.append(f"ledger {{ {ledger} }}")
        config_file = self.folder / "server.textproto"
        config_file.write_text("\n".join(config))
        command = [self.programs / program, "--config", config_file]
        return serving(program, command, cores, self.folder)
