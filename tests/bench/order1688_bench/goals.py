"""The goals: a function each, from the RoundFigures of one round to what the goal is about.

Those about order1688 alone are measured of the floor, too: a yardstick, no bound, since the service does some of them better."""

from dataclasses import dataclass
from functools import partial
from typing import Callable

from order1688_bench.machine import enough_cores_for_two
from order1688_bench.servers import FLOOR, GO, NODE, OFF, POSTGRES, PYTHON, SQLITE

LATENCY_S = 0.1  # of the slow gateway


@dataclass(frozen=True)
class Goal:
    number: str
    part: str  # see run_bench.py --only
    what: str
    at_least: bool
    wanted: float
    stretch: float | None
    unit: str
    pairs: tuple  # (server, load): the runs of a round that it needs; none: it reads the micro benchmarks
    value: Callable
    of_floor: Callable | None = None  # the same of the floor

    def met(self, value, limit):
        return value >= limit if self.at_least else value <= limit


GOALS = []


def goal(number, part, what, *, pairs=(), at_least=None, at_most=None, stretch=None, unit=""):
    def add(function):
        GOALS.append(make(number, part, what, at_least, at_most, stretch, unit, tuple(pairs), function))
        return function

    return add


def goal_alone(number, part, what, *, loads, at_least=None, at_most=None, stretch=None, unit=""):
    """The function is given the Figures of one server by load."""

    def add(function):
        pairs = tuple((server, load) for server in (OFF, FLOOR) for load in loads)
        value, of_floor = (partial(of_server, server, function) for server in (OFF, FLOOR))
        GOALS.append(make(number, part, what, at_least, at_most, stretch, unit, pairs, value, of_floor))
        return function

    return add


def make(number, part, what, at_least, at_most, stretch, unit, pairs, value, of_floor=None):
    wanted = at_most if at_least is None else at_least
    return Goal(number, part, what, at_least is not None, wanted, stretch, unit, pairs, value, of_floor)


def of_server(server, function, figures):
    return function({load: run for (name, load), run in figures.runs.items() if name == server})


def ratio(figures, field, pair, base):
    return getattr(figures[pair], field) / getattr(figures[base], field)


BOTH_64 = [(FLOOR, "64"), (OFF, "64")]


@goal("1", "floor", "orders/s per core against F, 64 in flight", pairs=BOTH_64, at_least=0.75, stretch=0.85)
def orders_per_core_against_floor(figures):
    return ratio(figures, "orders_per_second", (OFF, "64"), (FLOOR, "64"))


@goal("2", "floor", "CPU per order against F", pairs=BOTH_64, at_most=1.35, stretch=1.2)
def cpu_per_order_against_floor(figures):
    return ratio(figures, "cpu_us_per_order", (OFF, "64"), (FLOOR, "64"))


@goal("3", "peers", "orders/s against Node", pairs=[(OFF, "64"), (NODE, "64")], at_least=2.8, stretch=3.3)
def orders_against_node(figures):
    return ratio(figures, "orders_per_second", (OFF, "64"), (NODE, "64"))


@goal("3", "peers", "orders/s against Go", pairs=[(OFF, "64"), (GO, "64")], at_least=3.0, stretch=3.5)
def orders_against_go(figures):
    return ratio(figures, "orders_per_second", (OFF, "64"), (GO, "64"))


@goal("3", "peers", "orders/s against Python", pairs=[(OFF, "64"), (PYTHON, "64")], at_least=16, stretch=19)
def orders_against_python(figures):
    return ratio(figures, "orders_per_second", (OFF, "64"), (PYTHON, "64"))


BOTH_1 = [(FLOOR, "1"), (OFF, "1")]


@goal("4", "floor", "one call at a time: p50 against F", pairs=BOTH_1, at_most=1.15)
def median_of_single_calls_against_floor(figures):
    return ratio(figures, "p50_us", (OFF, "1"), (FLOOR, "1"))


@goal("4", "floor", "one call at a time: p90 against F", pairs=BOTH_1, at_most=1.15)
def p90_of_single_calls_against_floor(figures):
    return ratio(figures, "p90_us", (OFF, "1"), (FLOOR, "1"))


@goal("4", "floor", "half load: p90 against F at the same rate", pairs=[(FLOOR, "half"), (OFF, "half")], at_most=1.2)
def p90_at_half_load_against_floor(figures):
    return ratio(figures, "p90_us", (OFF, "half"), (FLOOR, "half"))


SQLITE_64 = [(OFF, "64"), (SQLITE, "64")]


@goal("5", "ledger", "SQLite ledger: CPU added per order, against none", pairs=SQLITE_64, at_most=25, stretch=15, unit="us")
def cpu_added_by_sqlite(figures):
    return figures[SQLITE, "64"].cpu_us_per_order - figures[OFF, "64"].cpu_us_per_order


@goal("5", "ledger", "SQLite ledger: orders/s against none", pairs=SQLITE_64, at_least=0.75, stretch=0.85)
def orders_with_sqlite(figures):
    return ratio(figures, "orders_per_second", (SQLITE, "64"), (OFF, "64"))


@goal("5", "ledger", "SQLite ledger: p90 against none", pairs=SQLITE_64, at_most=1.4, stretch=1.3)
def p90_with_sqlite(figures):
    return ratio(figures, "p90_us", (SQLITE, "64"), (OFF, "64"))


@goal("6", "ledger", "PostgreSQL ledger: orders/s against SQLite", pairs=[(SQLITE, "64"), (POSTGRES, "64")], at_least=0.5)
def orders_with_postgres(figures):
    return ratio(figures, "orders_per_second", (POSTGRES, "64"), (SQLITE, "64"))


@goal("7", "micro", "decode 1 order against JsonStringToMessage: times as fast", at_least=18)
def decoding_of_1_order(figures):
    return figures.micro["DecodeAnswerByProtobuf/1"] / figures.micro["DecodeAnswer/1"]


@goal("7", "micro", "decode 100 orders against JsonStringToMessage: times as fast", at_least=10)
def decoding_of_100_orders(figures):
    return figures.micro["DecodeAnswerByProtobuf/100"] / figures.micro["DecodeAnswer/100"]


@goal("7", "micro", "encode against MessageToJsonString: times as fast", at_least=6)
def encoding(figures):
    return figures.micro["EncodeBatchByProtobuf"] / figures.micro["EncodeBatch"]


@goal_alone("8", "growth", "memory at 64 in flight", loads=["64"], at_most=35, unit="MB")
def memory_at_64(runs):
    return runs["64"].peak_memory_mb


@goal_alone("8", "growth", "memory at 1,000 in flight", loads=["1,000"], at_most=70, unit="MB")
def memory_at_1000(runs):
    return runs["1,000"].peak_memory_mb


@goal_alone("9", "growth", "CPU per order: 1,000 in flight against 64", loads=["64", "1,000"], at_most=1.15)
def cpu_at_1000_in_flight(runs):
    return runs["1,000"].cpu_us_per_order / runs["64"].cpu_us_per_order


@goal_alone("9", "growth", "CPU per order: 100 cargo lines against 1", loads=["64", "100 lines"], at_most=1.9)
def cpu_of_100_cargo_lines(runs):
    return runs["100 lines"].cpu_us_per_order / runs["64"].cpu_us_per_order


@goal_alone("9", "growth", "CPU per call: 100 orders in the answer against 1", loads=["64", "100 orders"], at_most=22)
def cpu_of_100_orders(runs):
    return runs["100 orders"].cpu_us_per_order / runs["64"].cpu_us_per_order


@goal_alone(
    "9", "growth", "linear: a further order in 100 against one in 10", loads=["64", "10 orders", "100 orders"], at_most=1.15
)  # fmt: skip
def growth_with_orders(runs):
    one, ten, hundred = (runs[load].cpu_us_per_order for load in ("64", "10 orders", "100 orders"))
    return ((hundred - ten) / 90) / ((ten - one) / 9)


@goal_alone(
    "10", "cores", "two cores against one: orders/s" if enough_cores_for_two() else "two cores against one, by CPU per order",
    loads=["64", "two cores"], at_least=1.7,
)  # fmt: skip
def two_cores_against_one(runs):
    if enough_cores_for_two():
        return runs["two cores"].orders_per_second / runs["64"].orders_per_second
    # The load needs the second core itself. What an order costs on two cores says how many they could take at most.
    return 2 * runs["64"].cpu_us_per_order / runs["two cores"].cpu_us_per_order


@goal_alone(
    "11", "latency", "100 ms gateway, 1,000 in flight: orders/s against the limit", loads=["slow gateway"], at_least=0.97
)  # fmt: skip
def orders_with_slow_gateway(runs):
    return runs["slow gateway"].orders_per_second / (1000 / LATENCY_S)
