import json
import time
import unittest
from datetime import datetime, timedelta, timezone

import running_sandbox as fixture


def wire_time(seconds):
    moment = datetime.fromtimestamp(seconds, timezone(timedelta(hours=8)))
    return moment.strftime("%Y%m%d%H%M%S000+0800")


def ids(document):
    return [trade["baseInfo"]["idOfStr"] for trade in document["data"]["result"]]


class OrderListTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = fixture.RunningSandbox()
        self.addCleanup(self.sandbox.stop)
        self.client = self.enterContext(self.sandbox.client())

    def place(self, quantity=1):
        document = self.client.place(fixture.order(fixture.line(quantity=quantity)))[1]
        return document["data"][0]

    def test_shows_every_order_as_its_creation_did_newest_first(self):
        first, second = self.place(1), self.place(2)
        status, document = self.client.list_page(needBuyerAddressAndPhone=True)
        self.assertEqual((status, document["code"]), (200, 200))
        self.assertEqual(document["data"], {"totalRecord": 2, "result": [second, first]})

    def test_shows_an_order_whose_answer_was_lost(self):
        self.sandbox.plan({"kind": "reset_after_read"})
        with self.sandbox.client() as lost:
            lost.send()
            lost.receive_all()
        order = self.sandbox.admin("GET", "/report")[1]["orders"][0]
        self.assertEqual(ids(self.client.list_page()[1]), [order["order_id"]])

    def test_a_fault_of_the_creation_does_not_damage_the_list(self):
        self.sandbox.plan({"kind": "set_leaf", "path": "data[0].sellerOpenId", "json": "x"})
        self.place()
        trade = self.client.list_page()[1]["data"]["result"][0]
        self.assertEqual(trade["sellerOpenId"], fixture.SELLER)

    def test_lacks_an_order_that_was_refused(self):
        self.sandbox.plan({"kind": "envelope_code", "code": 400})
        self.client.place()
        self.assertEqual(self.client.list_page()[1]["data"], {"totalRecord": 0, "result": []})

    def test_pages_do_not_overlap_and_tell_the_total(self):
        placed = [self.place(number + 1)["baseInfo"]["idOfStr"] for number in range(5)]
        pages = [self.client.list_page(page=page, pageSize=2)[1] for page in (1, 2, 3, 4)]
        self.assertEqual({page["data"]["totalRecord"] for page in pages}, {5})
        self.assertEqual([len(ids(page)) for page in pages], [2, 2, 1, 0])
        self.assertEqual(sum(map(ids, pages), []), placed[::-1])

    def test_creation_time_limits_the_list(self):
        self.place()
        now = time.time()
        limits = lambda start, end: self.client.list_page(
            createStartTime=wire_time(now + start), createEndTime=wire_time(now + end)
        )[1]["data"]["totalRecord"]
        self.assertEqual(limits(-60, 60), 1)
        self.assertEqual(limits(60, 120), 0)
        self.assertEqual(limits(-120, -60), 0)

    def test_the_receiver_is_shown_only_if_asked_for(self):
        self.place()
        trade = self.client.list_page()[1]["data"]["result"][0]
        self.assertIsNone(trade["nativeLogistics"])
        self.assertIsNone(trade["baseInfo"]["receiverInfo"])
        asked = self.client.list_page(needBuyerAddressAndPhone=True)[1]["data"]["result"][0]
        self.assertEqual(asked["baseInfo"]["receiverInfo"]["toFullName"], "li")

    def test_bad_questions_are_refused(self):
        for asked in (
            {"page": 0},
            {"page": "x"},
            {"page": True},
            {"pageSize": 51},
            {"createStartTime": "2026-01-02"},
            {"createStartTime": "20261399000000000+0800"},
            {"createEndTime": 5},
        ):
            with self.subTest(asked=asked):
                status, document = self.client.list_page(**asked)
                self.assertEqual((status, document["code"]), (400, 400))
        self.client.send(body=b"[]", path=fixture.PAGE_PATH)
        self.assertEqual(self.client.receive_answer()[0], 400)

    def test_a_wrong_signature_is_refused_and_a_get_is_no_page(self):
        self.client.send(body=b"{}", path=fixture.PAGE_PATH, signature="0" * 32)
        self.assertEqual(self.client.receive_answer()[0], 401)
        self.client.send(body=b"{}", path=fixture.PAGE_PATH, method="GET")
        self.assertEqual(self.client.receive_answer()[0], 405)
        report = self.sandbox.admin("GET", "/report")[1]
        self.assertEqual(report["page_requests"][0]["refused"], "signature_wrong")

    def test_a_page_is_counted_apart_from_orders(self):
        self.place()
        order_id = ids(self.client.list_page()[1])
        counts = self.sandbox.admin("GET", "/counts")[1]
        self.assertEqual((counts["requests_read_whole"], counts["pages_read_whole"]), (1, 1))
        self.assertEqual(self.sandbox.admin("GET", "/wait?pages=1&timeout_ms=1")[1],
                         {"reached": True})
        asked = self.sandbox.admin("GET", "/report")[1]["page_requests"][0]
        self.assertEqual((asked["number"], asked["orders"]), (1, order_id))


class PageFaultTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = fixture.RunningSandbox()
        self.addCleanup(self.sandbox.stop)
        self.client = self.enterContext(self.sandbox.client())
        self.client.place()

    def test_an_empty_list_hides_what_exists(self):
        plan_id = self.sandbox.plan({"kind": "empty_list"}, call="page")
        self.assertEqual(self.client.list_page()[1]["data"], {"totalRecord": 0, "result": []})
        self.assertEqual(self.sandbox.hits(plan_id), 1)
        self.assertEqual(len(ids(self.client.list_page()[1])), 1)

    def test_a_short_list_still_tells_the_total(self):
        self.sandbox.plan({"kind": "short_list", "lacks": 1}, call="page")
        self.assertEqual(self.client.list_page()[1]["data"], {"totalRecord": 1, "result": []})

    def test_a_page_without_orders_cannot_be_short(self):
        self.sandbox.admin("POST", "/reset")
        plan_id = self.sandbox.plan({"kind": "short_list", "lacks": 1}, call="page")
        self.assertEqual(self.client.list_page()[0], 200)
        self.assertEqual(self.sandbox.hits(plan_id), 0)

    def test_faults_of_the_whole_answer_work_too(self):
        self.sandbox.plan({"kind": "http_status", "status": 503}, call="page")
        self.client.send(body=b"{}", path=fixture.PAGE_PATH)
        self.assertEqual(self.client.receive_answer()[0], 503)
        self.sandbox.plan({"kind": "date_offset", "seconds": 3600}, call="page")
        self.client.send(body=b"{}", path=fixture.PAGE_PATH)
        self.assertNotEqual(self.client.receive_answer()[1]["date"][17:19],
                            time.strftime("%H", time.gmtime()))

    def test_a_plan_for_a_page_can_be_for_one_of_them(self):
        self.sandbox.plan({"kind": "empty_list"}, call="page", match={"body_contains": '"page": 2'})
        self.assertEqual(len(ids(self.client.list_page()[1])), 1)
        self.assertEqual(self.client.list_page(page=2)[1]["data"]["totalRecord"], 0)

    def test_plans_of_one_call_leave_the_other_alone(self):
        of_page = self.sandbox.plan({"kind": "html"}, call="page")
        self.assertEqual(self.client.place(fixture.order(fixture.line(quantity=2)))[0], 200)
        of_create = self.sandbox.plan({"kind": "data_null"})
        self.client.send(body=b"{}", path=fixture.PAGE_PATH)
        self.assertEqual(self.client.receive_answer()[0], 502)
        self.assertEqual((self.sandbox.hits(of_page), self.sandbox.hits(of_create)), (1, 0))

    def test_what_does_not_go_with_a_page_is_refused(self):
        for plan in (
            {"call": "page", "fault": {"kind": "missing_seller", "seller_open_id": "x"}},
            {"call": "page", "fault": {"kind": "drop_before_read"}},
            {"call": "create", "fault": {"kind": "empty_list"}},
            {"call": "nix", "fault": {"kind": "html"}},
            {"call": "page", "match": {"full_name": "li"}, "fault": {"kind": "html"}},
        ):
            with self.subTest(plan=json.dumps(plan)):
                self.assertEqual(self.sandbox.admin("POST", "/plans", [plan])[0], 400)


class BusinessKeyTest(unittest.TestCase):
    def test_counts_tell_how_many_orders_there_are_per_business_key(self):
        sandbox = fixture.RunningSandbox()
        self.addCleanup(sandbox.stop)
        with sandbox.client() as client:
            for quantity in (1, 1, 2):
                client.place(fixture.order(fixture.line(quantity=quantity)))
        counts = sandbox.admin("GET", "/counts")[1]
        report = sandbox.admin("GET", "/report")[1]
        keys = [order["goods_and_receiver_sha256"] for order in report["orders"]]
        self.assertEqual(counts["by_business_key"], {keys[0]: 2, keys[2]: 1})
