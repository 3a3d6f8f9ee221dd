"""Runs everything that the goals need, round after round: one run of each pair of server and load in every round, so that a
drift of the machine meets all alike."""

from dataclasses import dataclass, field

from order1688_bench.load import LOADS
from order1688_bench.machine import server_cores


@dataclass
class RoundFigures:
    runs: dict = field(default_factory=dict)  # Figures by (server, load)
    micro: dict = field(default_factory=dict)  # nanoseconds by micro benchmark

    def __getitem__(self, pair):
        return self.runs[pair]


def ordered(pairs):
    """Without repeats, and so that no pair comes before the one that its rate depends on."""
    wanted = {}
    for pair in pairs:
        if LOADS[pair[1]].rate_of:
            wanted[LOADS[pair[1]].rate_of] = True
    return list(wanted | dict.fromkeys(pairs))


def run_round(pairs, servers, gateways, generator, say):
    figures = RoundFigures()
    for server, load_name in ordered(pairs):
        load = LOADS[load_name]
        rate = load.rate_share * figures[load.rate_of].orders_per_second if load.rate_of else 0
        with servers.running(server, gateways[load.gateway], server_cores(load.server_cores)) as process:
            try:
                run = generator.measure(process, load, rate)
            except RuntimeError as error:
                raise RuntimeError(f"{server}, load {load_name}: {error}") from error
        figures.runs[server, load_name] = run
        say(
            f"{server}, load {load_name}: {run.orders_per_second:,.0f} orders/s, {run.cpu_us_per_order:.1f} us CPU each, "
            f"p50 {run.p50_us:,.0f} us, p90 {run.p90_us:,.0f} us, {run.peak_memory_mb:.0f} MB"
        )
    return figures
