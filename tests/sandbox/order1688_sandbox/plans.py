"""Planned faults: which request each is for, how often, and how often it was really carried out."""

import itertools

from .fault_kinds import CREATE, KINDS, PAGE, Phase, check_fault

_TEXT_MATCHES = ("seller_open_id", "spec_id", "full_name", "body_contains")
_NUMBER_MATCHES = ("request_number", "connection_request_number")
# What a request for a page can be known by.
_PAGE_MATCHES = ("body_contains", *_NUMBER_MATCHES)


class BadPlans(ValueError):
    def __init__(self, complaints):
        super().__init__("; ".join(complaints))
        self.complaints = complaints


class Plan:
    """One planned fault. Its counters are guarded by the condition of the PlanBook."""

    def __init__(self, plan_id, spec):
        self.id = plan_id
        self.spec = spec
        self.call = spec.get("call", CREATE)
        self.match = spec.get("match", {})
        faults = spec["faults"] if "faults" in spec else [spec["fault"]]
        self.faults = sorted(faults, key=lambda fault: KINDS[fault["kind"]].phase)
        self.kind = "+".join(fault["kind"] for fault in self.faults)
        self.remaining = spec.get("times", 1)
        self.matched = 0
        self.hits = 0
        self.failures = 0
        self.holding = 0
        self.released = False

    def faults_in(self, phase):
        return [fault for fault in self.faults if KINDS[fault["kind"]].phase is phase]

    def fault_in(self, phase):
        return next(iter(self.faults_in(phase)), None)

    def places_order(self):
        """Whether the orders get into the books, for faults that concern the whole answer."""
        whole = [fault for fault in self.faults if not KINDS[fault["kind"]].per_seller]
        said = [fault["places_order"] for fault in whole if "places_order" in fault]
        return said[-1] if said else all(KINDS[fault["kind"]].places_order for fault in whole)

    def report(self):
        return {
            "id": self.id,
            "kind": self.kind,
            "remaining": self.remaining,
            "matched": self.matched,
            "hits": self.hits,
            "failures": self.failures,
            "holding": self.holding,
        }


class PlanBook:
    """Thread-safe. Whoever waits on `changed` is told of every hit."""

    def __init__(self, changed):
        self._changed = changed
        self._plans = []
        self._numbers = itertools.count(1)

    def add(self, specs):
        """Appends all plans or none. Returns their ids; raises BadPlans with every complaint."""
        if not isinstance(specs, list):
            raise BadPlans(["plans are not a JSON list"])
        with self._changed:
            complaints, plans, ids = [], [], {plan.id for plan in self._plans}
            for position, spec in enumerate(specs):
                found = check_plan(spec)
                if not found:
                    plan = Plan(spec.get("id") or self._fresh_id(ids), spec)
                    found = ["id is used already"] if plan.id in ids else []
                    ids.add(plan.id)
                    plans.append(plan)
                complaints += [f"plans[{position}]: {complaint}" for complaint in found]
            if complaints:
                raise BadPlans(complaints)
            self._plans += plans
            return [plan.id for plan in plans]

    def clear(self):
        """Forgets all plans; a request that one of them holds goes on."""
        with self._changed:
            for plan in self._plans:
                plan.released = True
            self._plans = []
            self._changed.notify_all()

    def get(self, plan_id):
        with self._changed:
            return next((plan for plan in self._plans if plan.id == plan_id), None)

    def specs(self):
        with self._changed:
            return [{**plan.spec, "id": plan.id} for plan in self._plans]

    def report(self):
        with self._changed:
            return [plan.report() for plan in self._plans]

    def take_on_arrival(self, numbers):
        """The plan that keeps this request from being read, or None."""
        return self._take(numbers, CREATE, on_arrival=True)

    def take_for_order(self, facts):
        """The plan for a create request that was read and found good, or None."""
        return self._take(facts, CREATE)

    def take_for_page(self, facts):
        """The plan for a request for a page that was read and found good, or None."""
        return self._take(facts, PAGE)

    def count_hit(self, plan, by=1):
        with self._changed:
            plan.hits += by
            self._changed.notify_all()

    def count_failure(self, plan):
        with self._changed:
            plan.failures += 1
            self._changed.notify_all()

    def hold(self, plan, stopped):
        """Waits until the plan is released; `stopped` ends the wait too (it must notify). A plan
        that does nothing else is carried out as soon as it holds, so that is when it counts."""
        with self._changed:
            if plan.released:
                return
            plan.holding += 1
            plan.hits += plan.kind == "hold"
            self._changed.notify_all()
            self._changed.wait_for(lambda: plan.released or stopped.is_set())
            plan.holding -= 1
            self._changed.notify_all()

    def release(self, plan_id):
        """Lets go all that the plan holds, for good. Returns how many, None for no such plan."""
        with self._changed:
            plan = self.get(plan_id)
            if plan is None:
                return None
            plan.released = True
            self._changed.notify_all()
            return plan.holding

    def _take(self, facts, call, on_arrival=False):
        with self._changed:
            for plan in self._plans:
                if plan.call != call:
                    continue
                if bool(plan.faults_in(Phase.ARRIVAL)) is not on_arrival or plan.remaining == 0:
                    continue
                if not all(_matches(name, value, facts) for name, value in plan.match.items()):
                    continue
                plan.matched += 1
                plan.remaining -= 1 if plan.remaining > 0 else 0
                return plan
        return None

    def _fresh_id(self, used):
        return next(
            name for number in self._numbers if (name := f"plan-{number}") not in used
        )


def check_plan(spec):
    """Returns the complaints about one plan."""
    if not isinstance(spec, dict):
        return ["is not an object"]
    unknown = set(spec) - {"id", "call", "match", "times", "fault", "faults", "note"}
    complaints = [f"{name} is unknown" for name in sorted(unknown)]
    if not isinstance(spec.get("id", ""), str):
        complaints.append("id is not text")
    times = spec.get("times", 1)
    if not isinstance(times, int) or isinstance(times, bool) or (times < 1 and times != -1):
        complaints.append("times is neither a number above 0 nor -1")
    call = spec.get("call", CREATE)
    if call not in (CREATE, PAGE):
        complaints.append("call is neither create nor page")
    return complaints + _check_match(spec.get("match", {}), call) + _check_faults(spec, call)


def _check_match(match, call):
    if not isinstance(match, dict):
        return ["match is not an object"]
    complaints = []
    for name, value in match.items():
        if name in _TEXT_MATCHES:
            good = isinstance(value, str)
        else:
            good = isinstance(value, int) and not isinstance(value, bool) and value > 0
            good = good and name in _NUMBER_MATCHES
        if not good:
            complaints.append(f"match.{name} is unknown or of a wrong type")
        elif call == PAGE and name not in _PAGE_MATCHES:
            complaints.append(f"match.{name} does not go with call page")
    return complaints


def _check_faults(spec, call):
    if ("fault" in spec) == ("faults" in spec):
        return ["either fault or faults is needed"]
    faults = spec["faults"] if "faults" in spec else [spec["fault"]]
    if not isinstance(faults, list) or not faults:
        return ["faults is not a list of faults"]
    complaints = [complaint for fault in faults for complaint in check_fault(fault)]
    if complaints:
        return complaints
    complaints = [
        f"{fault['kind']} does not go with call {call}"
        for fault in faults
        if call not in KINDS[fault["kind"]].calls
    ]
    phases = [KINDS[fault["kind"]].phase for fault in faults]
    if Phase.ARRIVAL in phases and len(phases) > 1:
        complaints.append("a *_before_read fault stands alone")
    if Phase.ARRIVAL in phases and set(spec.get("match", {})) & set(_TEXT_MATCHES):
        complaints.append("a *_before_read fault can match numbers only: nothing else is read yet")
    if phases.count(Phase.SENDING) > 1:
        complaints.append("only one of the faults can change how the bytes leave")
    return complaints


def _matches(name, value, facts):
    known = facts[name]
    return value in known if name in _TEXT_MATCHES else value == known
