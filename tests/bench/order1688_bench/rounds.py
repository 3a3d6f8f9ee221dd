"""Runs everything that the goals need, round after round: one run of each pair of server and load in every round, so that a
drift of the machine meets all alike."""

from order1688_bench.load import LOADS
from order1688_bench.machine import server_cores


def ordered(pairs):
    """Without repeats, and so that no pair comes before the one that its rate depends on."""
    wanted = dict.fromkeys(pair for pair in pairs for pair in (LOADS[pair[1]].rate_of or pair, pair))
    return list(wanted)


def run_round(pairs, servers, gateways, generator, say):
    """Figures by (server, load)."""
    figures = {}
    for server, load_name in ordered(pairs):
        load = LOADS[load_name]
        rate = load.rate_share * figures[load.rate_of].orders_per_second if load.rate_of else 0
        with servers.running(server, gateways[load.gateway], server_cores(load.server_cores)) as process:
            measured = generator.measure(process, load, rate)
        figures[server, load_name] = measured
        say(
            f"{server}, load {load_name}: {measured.orders_per_second:,.0f} orders/s, {measured.cpu_us_per_order:.1f} us CPU each, "
            f"p50 {measured.p50_us:,.0f} us, p90 {measured.p90_us:,.0f} us, {measured.peak_memory_mb:.0f} MB"
        )
    return figures
