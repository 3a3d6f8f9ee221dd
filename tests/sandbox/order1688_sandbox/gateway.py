"""Decides what a request gets: a refusal, the good answer, or a planned fault."""

import copy
import threading
from dataclasses import dataclass

from .answer_faults import faulty_answer, placed_orders
from .books import Books
from .fault_kinds import CREATE, PAGE, Phase
from .http_answer import HttpAnswer, json_answer, refusal_answer
from .order_answer import OrderAnswers
from .order_ids import OrderIds
from .order_list import BadPageRequest, list_page, read_page_request
from .order_request import BadOrderRequest, read_order_request
from .plans import Plan, PlanBook
from .signature import Refusal, check_signed_headers

CREATE_PATH = "/v2/alibaba/order/batch/create"
PAGE_PATH = "/v2/alibaba/order/page"


@dataclass
class Decision:
    answer: HttpAnswer
    plan: Plan | None = None


class Gateway:
    """Thread-safe."""

    def __init__(self, credentials, clock, base_path="", keep=20_000, first_order_id=None):
        self.changed = threading.Condition()
        self.clock = clock
        self.plans = PlanBook(self.changed)
        self.books = Books(self.changed, clock, credentials.secret, keep)
        self._credentials = credentials
        self._answers = OrderAnswers(OrderIds(first_order_id), clock)
        base_path = base_path.rstrip("/")
        self._calls = {base_path + CREATE_PATH: CREATE, base_path + PAGE_PATH: PAGE}

    def reset(self):
        with self.changed:
            self.plans.clear()
            self.books.reset()

    def call_of(self, head):
        """CREATE, PAGE, or None for a request that it does not serve."""
        return self._calls.get(head.path) if head.method == "POST" else None

    def refuse_other(self, head):
        """The answer to a request that it does not serve."""
        if head.path not in self._calls:
            return refusal_answer(404, "no such path")
        answer = refusal_answer(405, "this path takes POST only")
        answer.headers["Allow"] = "POST"
        return answer

    def decide(self, entry, head, body, check_sending):
        """Decides about a create request that was read whole, and enters it in the books.
        `check_sending(answer, fault)` raises ValueError if the fault cannot be carried out."""
        refusal, order_request = self._check(entry, head, body, read_order_request)
        with self.changed:
            if refusal:
                entry.refused = refusal.reason
                self.books.record_whole(entry, head, body, [])
                return Decision(refusal_answer(refusal.status, refusal.msg))
            plan = self.plans.take_for_order(_facts(entry, body, order_request))
            decision, orders = self._answer(entry, order_request, plan, check_sending)
            self.books.record_whole(entry, head, body, orders)
            return decision

    def decide_page(self, entry, head, body, check_sending):
        """The same about a request for a page of the order list."""
        refusal, page_request = self._check(entry, head, body, read_page_request)
        with self.changed:
            if refusal:
                entry.refused = refusal.reason
                self.books.record_page(entry, head, body, [])
                return Decision(refusal_answer(refusal.status, refusal.msg))
            facts = {**_numbers(entry), "body_contains": body.decode("utf-8")}
            plan = self.plans.take_for_page(facts)
            document, shown = list_page(page_request, self.books.orders())
            self.books.record_page(entry, head, body, shown)
            return self._decision(entry, document, plan, check_sending)

    def _check(self, entry, head, body, read):
        content_type = [part.strip().lower() for part in head.value("content-type").split(";")]
        if content_type[0] != "application/json" or set(content_type[1:]) - {"charset=utf-8", ""}:
            return Refusal(415, "content_type", "Content-Type is not application/json"), None
        refusal = check_signed_headers(head.headers, self._credentials, self.clock.now())
        entry.signature_ok = refusal is None
        if refusal:
            return refusal, None
        try:
            return None, read(body)
        except (BadOrderRequest, BadPageRequest) as error:
            return Refusal(400, "bad_body", str(error)), None

    def _answer(self, entry, order_request, plan, check_sending):
        document, orders = self._answers.answer(order_request)
        decision = self._decision(entry, document, plan, check_sending)
        return decision, orders if decision.plan is None else placed_orders(plan, orders)

    def _decision(self, entry, document, plan, check_sending):
        if plan is None:
            return Decision(json_answer(document))
        entry.fault = plan.id
        try:
            answer = faulty_answer(plan, copy.deepcopy(document))
            sending = plan.fault_in(Phase.SENDING)
            if sending:
                check_sending(answer, sending)
            return Decision(answer, plan)
        except ValueError as error:
            # The fault asks for what this answer does not have: no hit, and a good answer.
            entry.fault_error = str(error)
            self.plans.count_failure(plan)
            return Decision(json_answer(document))


def _numbers(entry):
    return {
        "request_number": entry.number,
        "connection_request_number": entry.connection_request_number,
    }


def _facts(entry, body, order_request):
    lines = order_request["cargoParamList"]
    return {
        **_numbers(entry),
        "seller_open_id": [line["sellerOpenId"] for line in lines],
        "spec_id": [line.get("specId") for line in lines],
        "full_name": [order_request["addressParam"].get("fullName")],
        "body_contains": body.decode("utf-8"),
    }
