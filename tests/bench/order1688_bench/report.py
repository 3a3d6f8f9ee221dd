"""What the rounds say of each goal, as a table and as JSON."""

import dataclasses
import statistics
from dataclasses import dataclass

from order1688_bench.goals import Goal


@dataclass(frozen=True)
class Verdict:
    goal: Goal
    values: list  # one a round
    of_floor: list  # one a round; none: the goal is no property of one server

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def word(self):
        if not self.goal.met(self.median, self.goal.wanted):
            return "no"
        stretch = self.goal.stretch
        return "stretch" if stretch is not None and self.goal.met(self.median, stretch) else "yes"


def verdicts(goals, rounds):
    """Each value is paired within its round."""
    return [
        Verdict(
            goal,
            [goal.value(figures) for figures in rounds],
            [goal.of_floor(figures) for figures in rounds] if goal.of_floor else [],
        )
        for goal in goals
    ]


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def goals_table(all_verdicts):
    """Lines of Markdown."""
    lines = ["| # | Goal | Measured: median (least to most) | The floor alone | Wanted [stretch] | Met |", "|---|---|---|---|---|---|"]
    for verdict in all_verdicts:
        goal = verdict.goal
        unit = f" {goal.unit}" if goal.unit else ""
        sign = "≥" if goal.at_least else "≤"
        stretch = "" if goal.stretch is None else f" [{goal.stretch:g}]"
        measured = f"{number(verdict.median)}{unit} ({number(min(verdict.values))} to {number(max(verdict.values))})"
        floor = f"{number(statistics.median(verdict.of_floor))}{unit}" if verdict.of_floor else ""
        lines.append(f"| {goal.number} | {goal.what} | {measured} | {floor} | {sign} {goal.wanted:g}{unit}{stretch} | {verdict.word} |")
    return lines


def servers_table(rounds):
    """Lines of Markdown: the medians of every server under every load. For the picture of the whole, not for comparison."""
    lines = ["| Server | Load | Orders/s | CPU us/order | p50 us | p90 us | Peak MB |", "|---|---|---|---|---|---|---|"]
    for server, load in rounds[0].runs:
        runs = [figures.runs[server, load] for figures in rounds]

        def median(field):
            return f"{statistics.median(getattr(run, field) for run in runs):,.0f}"

        cpu = f"{statistics.median(run.cpu_us_per_order for run in runs):,.1f}"
        lines.append(
            f"| {server} | {load} | {median('orders_per_second')} | {cpu} | {median('p50_us')} | {median('p90_us')} | {median('peak_memory_mb')} |"
        )
    return lines


def micro_table(rounds):
    lines = ["| Micro benchmark | us |", "|---|---|"]
    for name in rounds[0].micro:
        lines.append(f"| {name} | {statistics.median(figures.micro[name] for figures in rounds) / 1000:,.2f} |")
    return lines


def markdown(all_verdicts, rounds, machine, ghz):
    """Everything, as lines."""
    lines = ["; ".join(f"{name} {value}" for name, value in machine.items()) + f"; {len(rounds)} rounds", ""]
    if all_verdicts:
        lines += [*goals_table(all_verdicts), ""]
    if rounds and rounds[0].runs:
        lines += [*servers_table(rounds), ""]
    if rounds and rounds[0].micro:
        lines += [*micro_table(rounds), ""]
    if ghz:
        lines.append(
            f"ghz by reflection, SQLite ledger: {ghz['calls']:,} calls, {ghz['orders_per_second']:,.0f} orders/s, "
            f"p50 {ghz['p50_us']:,.0f} us, p90 {ghz['p90_us']:,.0f} us, all OK"
        )
    return lines


def as_json(all_verdicts, rounds, machine, ghz, settings):
    return {
        "machine": machine,
        "settings": settings,
        "goals": [
            {
                "number": verdict.goal.number,
                "what": verdict.goal.what,
                "unit": verdict.goal.unit,
                "at_least" if verdict.goal.at_least else "at_most": verdict.goal.wanted,
                "stretch": verdict.goal.stretch,
                "median": verdict.median,
                "rounds": verdict.values,
                "floor_rounds": verdict.of_floor,
                "met": verdict.word,
            }
            for verdict in all_verdicts
        ],
        "rounds": [
            {
                "runs": [
                    {"server": server, "load": load, **dataclasses.asdict(figures)}
                    for (server, load), figures in round_figures.runs.items()
                ],
                "micro_ns": round_figures.micro,
            }
            for round_figures in rounds
        ],
        "ghz": ghz,
    }
