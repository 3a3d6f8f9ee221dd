"""The picture for the README: orders a second on one core, a bar for each server, as SVG."""

import statistics
from html import escape

from order1688_bench.servers import FLOOR, GO, NODE, OFF, POSTGRES, PYTHON, SQLITE

SERVERS = [FLOOR, OFF, SQLITE, POSTGRES, NODE, GO, PYTHON]
LABELS = {FLOOR: "floor: gRPC and libcurl alone", OFF: "order1688, without ledger"}
LOAD = "64"
WIDTH, LEFT, BAR_WIDTH = 860, 230, 400
TOP, ROW, BAR = 56, 34, 20


def picture(rounds, machine):
    servers = [server for server in SERVERS if (server, LOAD) in rounds[0].runs]
    rates = {server: [figures[server, LOAD].orders_per_second for figures in rounds] for server in servers}
    longest = max(max(values) for values in rates.values())
    height = TOP + ROW * len(servers) + 58
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="16" y="28" font-size="17">Orders a second on one core, {LOAD} calls in flight (median; the line: least to most)</text>',
    ]
    for row, server in enumerate(servers):
        cpu = statistics.median(figures[server, LOAD].cpu_us_per_order for figures in rounds)
        parts += bar(TOP + row * ROW, server, rates[server], cpu, BAR_WIDTH / longest)
    for line, text in enumerate(machine_lines(machine, len(rounds))):
        parts.append(f'<text x="16" y="{height - 34 + line * 18}" font-size="11" fill="#555">{escape(text)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def bar(top, server, values, cpu, scale):
    median = statistics.median(values)
    middle = top + BAR / 2
    colour = "#c0392b" if server.startswith(OFF) else "#95a5a6"
    yield f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(LABELS.get(server, server))}</text>'
    yield f'<rect x="{LEFT}" y="{top}" width="{median * scale:.1f}" height="{BAR}" fill="{colour}"/>'
    yield (
        f'<line x1="{LEFT + min(values) * scale:.1f}" x2="{LEFT + max(values) * scale:.1f}" y1="{middle}" y2="{middle}" '
        'stroke="black" stroke-width="1.5"/>'
    )
    end = LEFT + max(values) * scale + 8
    yield f'<text x="{end:.1f}" y="{middle + 4}">{median:,.0f}, {cpu:,.0f} µs CPU each</text>'


def machine_lines(machine, rounds):
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, gRPC {machine['grpc']}, protobuf {machine['protobuf']}, libcurl {machine['libcurl']}"
    yield f"Node {machine['node']}, {machine['go']}, Python {machine['python']}; {rounds} rounds; commit {machine['commit']}"
