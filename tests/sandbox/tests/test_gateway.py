import json
import unittest

import running_sandbox as fixture


class GatewayTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = fixture.RunningSandbox()
        self.addCleanup(self.sandbox.stop)
        self.client = self.enterContext(self.sandbox.client())

    def last_request(self):
        return self.sandbox.admin("GET", "/report")[1]["requests"][-1]

    def assert_refused(self, status, reason, **sent):
        self.client.send(**sent)
        answered, headers, body = self.client.receive_answer()
        document = json.loads(body)
        self.assertEqual((answered, document["code"], document["data"]), (status, status, None))
        self.assertEqual(set(document), {"requestId", "code", "developId", "msg", "data"})
        self.assertEqual(headers["content-type"], "application/json;charset=utf-8")
        self.assertIn("date", headers)
        self.assertEqual(headers["x-order1688-sandbox"], "1")
        if reason:
            self.assertEqual(self.last_request()["refused"], reason)

    def test_places_an_order_and_enters_it_in_the_books(self):
        status, document = self.client.place()
        order_id = document["data"][0]["baseInfo"]["idOfStr"]
        self.assertEqual((status, document["code"]), (200, 200))
        report = self.sandbox.admin("GET", "/report")[1]
        self.assertEqual(report["requests"][0]["orders"], [order_id])
        self.assertEqual(report["orders"][0]["order_id"], order_id)
        self.assertEqual(report["orders"][0]["receiver"], fixture.ADDRESS)
        self.assertEqual(report["orders"][0]["cargo"][0]["quantity"], "1")
        self.assertTrue(report["requests"][0]["signature_ok"])

    def test_refusals_keep_the_connection_and_place_nothing(self):
        self.assert_refused(401, "signature_wrong", signature="0" * 32)
        self.assert_refused(401, "access_key_unknown", access_key="x")
        self.assert_refused(401, "nonce_missing", nonce_str=None)
        self.assert_refused(400, "bad_body", body=b"[]")
        self.assert_refused(400, "bad_body", body=b"{}")
        self.assert_refused(415, "content_type", Content_Type="text/plain")
        self.assert_refused(415, "content_type", Content_Type=None)
        self.assert_refused(415, "content_type", Content_Type="application/json; charset=gbk")
        self.assert_refused(404, None, path="/v2/alibaba/order/batch/creat")
        self.assert_refused(405, None, method="PUT")
        counts = self.sandbox.admin("GET", "/counts")[1]
        self.assertEqual(counts["orders"], 0)
        self.assertEqual((counts["requests_read_whole"], counts["refused"]), (8, 8))
        self.assertEqual(self.client.place()[0], 200)
        self.assertEqual(counts["connections"], 1)

    def test_clock_can_be_moved_out_of_the_window_and_back(self):
        self.sandbox.admin("POST", "/clock", {"offset_seconds": 700})
        self.assert_refused(401, "timestamp_outside_window")
        self.sandbox.admin("POST", "/clock", {"offset_seconds": 0})
        self.assertEqual(self.client.place()[0], 200)

    def test_moved_clock_is_in_date_and_order_times(self):
        self.sandbox.admin("POST", "/clock", {"offset_seconds": -500})
        self.client.send()
        _, headers, body = self.client.receive_answer()
        created = json.loads(body)["data"][0]["baseInfo"]["createTime"]
        self.assertEqual(headers["date"].split(" ")[4].split(":")[1:], created[14:19].split(":"))

    def test_report_never_shows_the_secret(self):
        secret = self.sandbox.credentials.secret
        self.client.place(fixture.order(message=secret), x_mistake=f"a{secret}b")
        report = json.dumps(self.sandbox.admin("GET", "/report")[1]["requests"])
        self.assertNotIn(secret, report)
        self.assertTrue(self.last_request()["secret_was_sent"])
        self.assertEqual(self.last_request()["headers"]["x-mistake"], "a<secret>b")

    def test_base_path_and_seconds_and_no_nonce(self):
        sandbox = fixture.RunningSandbox(base_path="/api/", timestamp_unit="s", nonce="absent")
        self.addCleanup(sandbox.stop)
        with sandbox.client() as client:
            client.send(path="/api/v2/alibaba/order/batch/create")
            self.assertEqual(client.receive_answer()[0], 200)
            client.send()
            self.assertEqual(client.receive_answer()[0], 404)

    def test_same_placement_twice_is_seen_in_the_counts(self):
        body = json.dumps(fixture.order()).encode()
        for _ in range(2):
            self.client.send(body=body)
            self.client.receive_answer()
        self.client.place(fixture.order(fixture.line(quantity=2)))
        counts = self.sandbox.admin("GET", "/counts")[1]
        self.assertEqual((counts["max_same_body"], counts["max_same_order"]), (2, 2))
        self.assertEqual(sorted(counts["by_body_sha256"].values()), [1, 2])


class HttpTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = fixture.RunningSandbox()
        self.addCleanup(self.sandbox.stop)
        self.client = self.enterContext(self.sandbox.client())
        self.body = json.dumps(fixture.order()).encode()

    def test_connection_serves_many_requests_and_numbers_them(self):
        for _ in range(3):
            self.assertEqual(self.client.place()[0], 200)
        requests = self.sandbox.admin("GET", "/report")[1]["requests"]
        self.assertEqual([entry["connection_request_number"] for entry in requests], [1, 2, 3])
        self.assertEqual({entry["connection"] for entry in requests}, {1})

    def test_requests_may_follow_each_other_unanswered(self):
        self.client.send()
        self.client.send()
        self.assertEqual(self.client.receive_answer()[0], 200)
        self.assertEqual(self.client.receive_answer()[0], 200)

    def test_connection_close_is_honoured(self):
        self.client.send(Connection="close")
        received, was_reset = self.client.receive_all()
        self.assertIn(b"Connection: close\r\n", received)
        self.assertFalse(was_reset)

    def test_chunked_request_body_is_joined(self):
        head = self.client.head({**self.client.headers(), "Transfer-Encoding": "chunked"})
        parts = (self.body[:10], self.body[10:])
        chunks = b"".join(b"%X;x=y\r\n%s\r\n" % (len(part), part) for part in parts)
        self.client.send_bytes(head + chunks + b"0\r\nTrailer: x\r\n\r\n")
        self.assertEqual(self.client.receive_answer()[0], 200)
        self.assertEqual(self.client.place()[0], 200)
        report = self.sandbox.admin("GET", "/report")[1]["requests"][0]
        self.assertEqual(report["body"].encode(), self.body)

    def test_expect_continue_is_answered_before_the_body_comes(self):
        headers = {**self.client.headers(), "Expect": "100-continue"}
        headers["Content-Length"] = str(len(self.body))
        self.client.send_bytes(self.client.head(headers))
        self.assertEqual(self.client.receive_head()[0], 100)
        self.client.send_bytes(self.body)
        self.assertEqual(self.client.receive_answer()[0], 200)

    def test_expect_continue_on_a_wrong_path_is_refused_without_the_body(self):
        headers = {**self.client.headers(), "Expect": "100-continue", "Content-Length": "9"}
        self.client.send_bytes(self.client.head(headers, path="/x"))
        self.assertEqual(self.client.receive_answer()[0], 404)
        self.assertEqual(self.client.receive(), b"")

    def test_request_that_comes_byte_by_byte_is_read(self):
        headers = {**self.client.headers(), "Content-Length": str(len(self.body))}
        for position in range(len(raw := self.client.head(headers) + self.body)):
            self.client.send_bytes(raw[position : position + 1])
        self.assertEqual(self.client.receive_answer()[0], 200)

    def test_cut_request_is_not_counted_as_read(self):
        headers = {**self.client.headers(), "Content-Length": str(len(self.body))}
        with self.sandbox.client() as cut:
            cut.send_bytes(cut.head(headers) + self.body[:-1])
        self.client.place()
        self.sandbox.admin("GET", "/wait?requests=1")
        self.assertEqual(self.sandbox.admin("GET", "/counts")[1]["requests_read_whole"], 1)

    def test_malformed_requests_get_an_answer_and_the_end(self):
        length = "Content-Length"
        post = b"POST /v2/alibaba/order/batch/create HTTP/1.1\r\n"
        for raw, status in (
            (b"nonsense\r\n\r\n", 400),
            (post + b"no colon\r\n\r\n", 400),
            (post + f"{length}: x\r\n\r\n".encode(), 400),
            (post + f"{length}: 1\r\n{length}: 2\r\n\r\n".encode(), 400),
            (post + f"{length}: 1\r\nTransfer-Encoding: chunked\r\n\r\n".encode(), 400),
            (post + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
            (post + b"Transfer-Encoding: gzip\r\n\r\n", 501),
            (post + f"{length}: 99999999999\r\n\r\n".encode(), 413),
            (post + b"a: " + b"b" * 70_000, 431),
        ):
            with self.subTest(raw=raw[:80]), self.sandbox.client() as client:
                client.send_bytes(raw)
                self.assertEqual(client.receive_answer()[0], status)
                self.assertEqual(client.receive(), b"")
