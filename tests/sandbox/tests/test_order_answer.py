import json
import re
import unittest
from decimal import Decimal

import running_sandbox as fixture
from order1688_sandbox.clock import SandboxClock, order_time
from order1688_sandbox.exact_json import write_json
from order1688_sandbox.order_answer import OrderAnswers, amount, price_of
from order1688_sandbox.order_ids import OrderIds, javascript_number
from order1688_sandbox.order_request import BadOrderRequest, read_order_request

TEMPLATE = fixture.SANDBOX_FOLDER / "order1688_sandbox" / "order_answer_template.json"


def read(document):
    return read_order_request(json.dumps(document, ensure_ascii=False).encode())


def shape(value):
    """The keys and the types, without the values; whole and broken numbers are one type."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(element) for element in value]
    return "number" if isinstance(value, (int, Decimal)) and value is not True and \
        value is not False else type(value).__name__


class OrderAnswerTest(unittest.TestCase):
    def answer(self, *lines, **more):
        answers = OrderAnswers(OrderIds(), SandboxClock())
        document, _ = answers.answer(read(fixture.order(*lines, **more)))
        return json.loads(write_json(document), parse_float=Decimal)

    def test_has_the_keys_nulls_and_types_of_the_sample_in_its_order(self):
        sample = json.loads(TEMPLATE.read_text("utf-8"))
        self.assertEqual(json.dumps(shape(self.answer())), json.dumps(shape(sample)))

    def test_address_is_echoed_as_in_the_sample(self):
        trade = self.answer()["data"][0]
        native, receiver = trade["nativeLogistics"], trade["baseInfo"]["receiverInfo"]
        self.assertEqual(native["address"], "转塘 xxxxxxx")
        self.assertEqual(native["contactPerson"], "li")
        self.assertEqual(native["telephone"], "13800000001")
        self.assertEqual(receiver["toArea"], "浙江省 杭州市 西湖区 转塘 xxxxxxx")
        self.assertEqual(receiver["toPost"], "100000")

    def test_district_code_alone_is_an_address(self):
        address = {"fullName": "li", "districtCode": "310107", "address": "x"}
        trade = self.answer(addressParam=address)["data"][0]
        self.assertEqual(trade["nativeLogistics"]["areaCode"], "310107")
        self.assertIsNone(trade["nativeLogistics"]["province"])
        self.assertEqual(trade["baseInfo"]["receiverInfo"]["toArea"], "x")

    def test_one_order_per_seller_in_first_seen_order(self):
        lines = [fixture.line("b", "1"), fixture.line("a", "2"), fixture.line("b", "3")]
        trades = self.answer(*lines)["data"]
        self.assertEqual([trade["sellerOpenId"] for trade in trades], ["b", "a"])
        specs = [[item["specId"] for item in trade["productItems"]] for trade in trades]
        self.assertEqual(specs, [["1", "3"], ["2"]])

    def test_ids_are_exact_text_and_rounded_numbers(self):
        one, two = self.answer(
            fixture.line("a"), fixture.line("b", "1"), fixture.line("b", "2")
        )["data"]
        ids = [trade["baseInfo"]["idOfStr"] for trade in (one, two)]
        ids += [item["subItemIDString"] for item in two["productItems"]]
        self.assertEqual(len(set(ids)), 4)
        for text in ids:
            self.assertRegex(text, "^[0-9]{19}$")
        self.assertEqual(one["productItems"][0]["subItemIDString"], ids[0])
        self.assertEqual(one["baseInfo"]["id"], javascript_number(int(ids[0])))
        self.assertEqual(two["productItems"][1]["subItemID"], javascript_number(int(ids[3])))

    def test_amounts_add_up_exactly(self):
        lines = [fixture.line("a", str(number), quantity=number) for number in range(1, 40)]
        trade = self.answer(*lines)["data"][0]
        base, items = trade["baseInfo"], trade["productItems"]
        for item in items:
            self.assertEqual(item["itemAmount"], item["price"] * item["quantity"])
            self.assertTrue(1 <= item["price"] < 100)
        products = sum(item["itemAmount"] for item in items)
        self.assertEqual(base["sumProductPayment"], products)
        self.assertEqual(base["totalAmount"], products + 4)
        self.assertEqual(base["newStepOrderList"][0]["payFee"], products + 4)

    def test_quantity_is_echoed_digit_by_digit(self):
        body = json.dumps(fixture.order()).replace('"quantity": 1', '"quantity": 1.50').encode()
        document, _ = OrderAnswers(OrderIds(), SandboxClock()).answer(read_order_request(body))
        self.assertIn(b'"quantity":1.50,', write_json(document))

    def test_message_is_echoed(self):
        self.assertEqual(self.answer(message="快")["data"][0]["baseInfo"]["buyerFeedback"], "快")


class AmountTest(unittest.TestCase):
    def test_prints_as_short_as_the_sample(self):
        printed = [write_json(amount(Decimal(text))) for text in ("19.00", "23.10", "0.07", "1000")]
        self.assertEqual(printed, [b"19", b"23.1", b"0.07", b"1000"])

    def test_rounds_half_a_fen_up(self):
        self.assertEqual(amount(Decimal("1.005")), Decimal("1.01"))

    def test_price_depends_on_the_goods_only(self):
        self.assertEqual(price_of("offer", "spec"), price_of("other", "spec"))
        self.assertNotEqual(price_of("offer", None), price_of("other", None))


class OrderIdsTest(unittest.TestCase):
    def test_javascript_rounding_of_the_sample(self):
        self.assertEqual(javascript_number(2540608320348880794), 2540608320348881000)
        self.assertEqual(javascript_number(123), 123)

    def test_fresh_ids_are_unique_and_above_what_a_double_holds(self):
        ids = OrderIds()
        fresh = [ids.fresh() for _ in range(10_000)]
        self.assertEqual(len(set(fresh)), len(fresh))
        self.assertTrue(all(number > 2**53 and len(str(number)) == 19 for number in fresh))

    def test_ids_from_a_given_one_on_count_up(self):
        ids = OrderIds(2540608320348880794)
        self.assertEqual([ids.fresh(), ids.fresh()], [2540608320348880794, 2540608320348880795])


class OrderTimeTest(unittest.TestCase):
    def test_has_the_form_of_the_sample(self):
        self.assertEqual(order_time(1745388824.9), "2025-04-23T14:13:44.000+08:00")


class OrderRequestTest(unittest.TestCase):
    def assert_refused(self, body, words):
        with self.assertRaisesRegex(BadOrderRequest, words):
            read_order_request(body)

    def test_refuses_what_is_no_object(self):
        for body in (b"", b"[]", b"1", b"{", b"\xff", b"[" * 200_000, b'{"a":NaN}', b'"\\ud800"'):
            self.assert_refused(body, "not good JSON|not a JSON object")

    def test_refuses_a_repeated_key(self):
        body = json.dumps(fixture.order())
        self.assert_refused((body[:-1] + ',"flow":"general"}').encode(), "ValueError")

    def test_names_the_missing_part(self):
        for name in ("flow", "addressParam", "cargoParamList"):
            for value in (None, "", [], 7):
                document = {**fixture.order(), name: value}
                self.assert_refused(json.dumps(document).encode(), f"^{name} ")

    def test_names_the_bad_line(self):
        for name, value in (("sellerOpenId", ""), ("quantity", 0), ("quantity", "1"),
                            ("quantity", True), ("quantity", 1e30)):
            document = fixture.order(fixture.line(), {**fixture.line(), name: value})
            self.assert_refused(json.dumps(document).encode(), rf"^cargoParamList\[1\].{name}")
        document = fixture.order({**fixture.line(), "offerMapId": None})
        self.assert_refused(json.dumps(document).encode(), re.escape("cargoParamList[0] has"))

    def test_offer_id_serves_as_well(self):
        goods = {"offerId": 743470146022, "quantity": 2.5, "sellerOpenId": "a"}
        line = read(fixture.order(goods))["cargoParamList"][0]
        self.assertEqual(line["quantity"], Decimal("2.5"))
