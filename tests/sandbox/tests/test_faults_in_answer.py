import json
import unittest

import running_sandbox as fixture


class AnswerFaultTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = fixture.RunningSandbox()
        self.addCleanup(self.sandbox.stop)
        self.client = self.enterContext(self.sandbox.client())

    def faulty(self, fault, document=None):
        """Plans the fault, sends an order and returns status, headers and body; checks the hit."""
        plan_id = self.sandbox.plan(fault)
        self.client.send(document)
        answer = self.client.receive_answer()
        self.assertEqual(self.sandbox.hits(plan_id), 1)
        return answer

    def faulty_document(self, fault, document=None):
        return json.loads(self.faulty(fault, document)[2])

    def orders(self):
        return self.sandbox.admin("GET", "/counts")[1]["orders"]

    def test_next_request_is_answered_well_again(self):
        self.faulty({"kind": "html"})
        self.assertEqual(self.client.place()[0], 200)

    def test_envelope_code_takes_any_json(self):
        for code in (500, "gw.X", None, {"a": 1}):
            document = self.faulty_document({"kind": "envelope_code", "code": code, "msg": "m"})
            self.assertEqual((document["code"], document["data"]), (code, None))
        self.assertEqual(self.orders(), 0)

    def test_envelope_code_can_come_with_an_http_status_and_data(self):
        fault = {"kind": "envelope_code", "code": 1, "http_status": 500, "data": []}
        status, _, body = self.faulty({**fault, "places_order": True})
        self.assertEqual((status, json.loads(body)["data"]), (500, []))
        self.assertEqual(self.orders(), 1)

    def test_seller_failure_concerns_that_seller_only(self):
        fault = {"kind": "seller_failure", "seller_open_id": "b", "error_code": "500_004",
                 "error_msg": "stock"}
        batch = fixture.order(fixture.line("a"), fixture.line("b"), fixture.line("c"))
        trades = self.faulty_document(fault, batch)["data"]
        self.assertEqual([trade["success"] for trade in trades], [True, False, True])
        self.assertEqual(trades[1]["errorCode"], "500_004")
        self.assertIsNone(trades[1]["baseInfo"]["idOfStr"])
        self.assertIsNone(trades[1]["baseInfo"]["id"])
        self.assertIsNone(trades[1]["productItems"][0]["subItemIDString"])
        orders = self.sandbox.admin("GET", "/report")[1]["orders"]
        self.assertEqual([order["seller_open_id"] for order in orders], ["a", "c"])

    def test_seller_failure_can_keep_the_order(self):
        fault = {"kind": "seller_failure", "error_code": "E", "error_msg": "m", "success": "false"}
        trade = self.faulty_document({**fault, "keep_id": True})["data"][0]
        self.assertEqual(trade["success"], "false")
        self.assertRegex(trade["baseInfo"]["idOfStr"], "^[0-9]{19}$")
        self.assertEqual(self.orders(), 1)

    def test_missing_seller_has_no_element(self):
        batch = fixture.order(fixture.line("a"), fixture.line("b"))
        fault = {"kind": "missing_seller", "seller_open_id": "a"}
        self.assertEqual([trade["sellerOpenId"] for trade in
                          self.faulty_document(fault, batch)["data"]], ["b"])
        self.assertEqual(self.orders(), 1)
        self.faulty_document({**fault, "places_order": True}, batch)
        self.assertEqual(self.orders(), 3)

    def test_empty_and_null_data(self):
        self.assertEqual(self.faulty_document({"kind": "empty_data"})["data"], [])
        self.assertIsNone(self.faulty_document({"kind": "data_null"})["data"])
        self.assertEqual(self.orders(), 0)

    def test_set_leaf_writes_raw_tokens_and_json(self):
        path = "data[0].baseInfo."
        fault = {"kind": "set_leaf", "leaves": [
            {"path": path + "totalAmount", "raw": "1e400"},
            {"path": path + "refund", "raw": "NaN"},
            {"path": path + "status", "json": 7}]}
        body = self.faulty(fault)[2]
        self.assertIn(b'"totalAmount":1e400,', body)
        self.assertIn(b'"refund":NaN,', body)
        self.assertIn(b'"status":7,', body)

    def test_set_leaf_adds_unknown_fields(self):
        fault = {"kind": "add_leaf", "path": "data[0].more.deep", "json": {"x": [1.5]}}
        document = self.faulty_document(fault)
        self.assertEqual(document["data"][0]["more"]["deep"], {"x": [1.5]})

    def test_set_leaf_appends_to_an_array(self):
        fault = {"kind": "set_leaf", "path": "data[0].tradeTerms[0]", "json": 1}
        self.assertEqual(self.faulty_document(fault)["data"][0]["tradeTerms"], [1])

    def test_remove_leaf_removes_all(self):
        fault = {"kind": "remove_leaf", "paths": ["data[0].baseInfo.id", "data[0].success"]}
        trade = self.faulty_document(fault)["data"][0]
        self.assertNotIn("id", trade["baseInfo"])
        self.assertNotIn("success", trade)

    def test_duplicate_key_stands_there_twice(self):
        for path in ("code", "data[0].baseInfo.idOfStr"):
            key = path.split(".")[-1].encode()
            body = self.faulty({"kind": "duplicate_key", "path": path, "raw": '"1"'})[2]
            self.assertEqual(body.count(b'"%s":' % key), 2)
            self.assertEqual(body.count(b'"%s":"1"' % key), 1)

    def test_invalid_utf8_is_one_bad_byte(self):
        body = self.faulty({"kind": "invalid_utf8", "path": "msg"})[2]
        self.assertIn('"msg":"成功'.encode() + b'\xff"', body)
        json.loads(body.replace(b"\xff", b""))

    def test_http_status_empties_the_body_unless_it_is_kept(self):
        status, headers, body = self.faulty({"kind": "http_status", "status": 503})
        self.assertEqual((status, headers["content-length"], body), (503, "0", b""))
        self.assertEqual(self.orders(), 0)
        fault = {"kind": "http_status", "status": 500, "keep_body": True, "places_order": True}
        status, _, body = self.faulty(fault)
        self.assertEqual((status, json.loads(body)["code"], self.orders()), (500, 200, 1))

    def test_http_status_sets_headers_and_body(self):
        fault = {"kind": "http_status", "status": 307, "body": "{}",
                 "headers": {"Location": "/there", "content-type": "text/plain"}}
        status, headers, body = self.faulty(fault)
        self.assertEqual((status, headers["location"], body), (307, "/there", b"{}"))
        self.assertEqual(headers["content-type"], "text/plain")

    def test_204_has_no_length(self):
        status, headers, _ = self.faulty({"kind": "http_status", "status": 204})
        self.assertEqual((status, "content-length" in headers), (204, False))
        self.assertEqual(self.client.place()[0], 200)

    def test_html(self):
        status, headers, body = self.faulty({"kind": "html", "status": 504})
        self.assertEqual((status, headers["content-type"]), (504, "text/html;charset=utf-8"))
        self.assertIn(b"<html>", body)

    def test_body_takes_text_and_bytes(self):
        self.assertEqual(self.faulty({"kind": "body", "text": "成"})[2], "成".encode())
        status, _, body = self.faulty({"kind": "body", "body_base64": "/wA=", "status": 500})
        self.assertEqual((status, body), (500, b"\xff\x00"))

    def test_gbk_says_utf8(self):
        _, headers, body = self.faulty({"kind": "gbk"})
        self.assertEqual(headers["content-type"], "application/json;charset=utf-8")
        self.assertEqual(json.loads(body.decode("gbk"))["msg"], "成功")
        with self.assertRaises(UnicodeDecodeError):
            body.decode("utf-8")

    def test_date_can_be_missing_or_wrong(self):
        self.assertNotIn("date", self.faulty({"kind": "no_date"})[1])
        headers = self.faulty({"kind": "date_offset", "seconds": -(10**9)})[1]
        self.assertRegex(headers["date"], r"^\w{3}, \d\d \w{3} (199|200)\d ")

    def test_impossible_fault_is_no_hit_and_is_reported(self):
        for fault in (
            {"kind": "set_leaf", "path": "data[7].x", "json": 1},
            {"kind": "remove_leaf", "paths": ["nothing"]},
            {"kind": "duplicate_key", "path": "data[0]", "raw": "1"},
            {"kind": "missing_seller", "seller_open_id": "nobody"},
            {"kind": "reset_at_byte", "n": 10**6},
            {"kind": "truncate_body", "n": 10**6},
            {"kind": "chunked_cut", "n": 10**6},
            {"kind": "oversize", "bytes": 10},
        ):
            with self.subTest(kind=fault["kind"]):
                plan_id = self.sandbox.plan(fault)
                self.assertEqual(self.client.place()[0], 200)
                report = self.sandbox.admin("GET", "/report")[1]
                plan, request = report["plans"][-1], report["requests"][-1]
                self.assertEqual((plan["id"], plan["matched"]), (plan_id, 1))
                self.assertEqual((plan["hits"], plan["failures"]), (0, 1))
                self.assertTrue(request["fault_error"])
                self.assertEqual(len(request["orders"]), 1)
