"""Answers a good request as the sample does: one order per seller, fresh ids, exact amounts."""

import copy
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from .clock import order_time
from .order_ids import javascript_number

SHIPPING_FEE = Decimal(4)
_TEMPLATE = Path(__file__).with_name("order_answer_template.json").read_text("utf-8")


@dataclass(frozen=True)
class CreatedOrder:
    """What the books keep of one order."""

    order_id: str
    seller_open_id: str
    cargo: list
    receiver: dict
    created_at: float = 0  # seconds since 1970, by the sandbox's clock
    request: dict = field(default_factory=dict, repr=False)


def price_of(offer, spec_id):
    """1.00 to 99.99 yuan, always the same for the same goods."""
    return Decimal(_number_from(f"price/{spec_id or offer}", 9900) + 100) / 100


def amount(value):
    """Rounded to whole fen, printed as short as possible: 19 and not 19.00."""
    fen = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return int(fen) if fen == int(fen) else fen.normalize()


class OrderAnswers:
    def __init__(self, ids, clock):
        self._ids = ids
        self._clock = clock

    def answer(self, request):
        """Returns the answer document and its CreatedOrders, both in first-seen seller order."""
        lines_of_seller = {}
        for line in request["cargoParamList"]:
            lines_of_seller.setdefault(line["sellerOpenId"], []).append(line)
        document = envelope(200, "成功")
        document["data"], orders = [], []
        for seller, lines in lines_of_seller.items():
            order = self._create(seller, lines, request)
            document["data"].append(trade_of(order))
            orders.append(order)
        return document, orders

    def _create(self, seller, lines, request):
        order_id = self._ids.fresh()
        cargo = [
            _cargo(line, order_id if len(lines) == 1 else self._ids.fresh()) for line in lines
        ]
        receiver = request["addressParam"]
        return CreatedOrder(str(order_id), seller, cargo, receiver, self._clock.now(), request)


def trade_of(order):
    """The trade of an order, the same each time: for the answer to its creation and for lists."""
    trade = json.loads(_TEMPLATE, parse_float=Decimal)["data"][0]
    now = order_time(order.created_at)
    item_template = trade["productItems"][0]
    lines = order.request["cargoParamList"]
    lines = [line for line in lines if line["sellerOpenId"] == order.seller_open_id]
    trade["productItems"] = [
        _product_item(copy.deepcopy(item_template), line, int(cargo["subItemIDString"]), now)
        for line, cargo in zip(lines, order.cargo)
    ]
    products = sum(Decimal(item["itemAmount"]) for item in trade["productItems"])
    _fill_base(trade["baseInfo"], order.seller_open_id, int(order.order_id), products, now)
    trade["baseInfo"]["buyerFeedback"] = order.request.get("message")
    _fill_address(trade, order.receiver)
    trade["sellerOpenId"] = order.seller_open_id
    return trade


def envelope(code, msg, data=None):
    developer = "111" + "".join(secrets.choice("0123456789") for _ in range(16))
    return {
        "requestId": secrets.token_hex(16),
        "code": code,
        "developId": developer,
        "msg": msg,
        "data": data,
    }


def _product_item(item, line, line_id, now):
    offer = str(line.get("offerMapId") or line.get("offerId"))
    price = price_of(offer, line.get("specId"))
    item.update(
        itemAmount=amount(price * line["quantity"]),
        price=amount(price),
        productID=700_000_000_000 + _number_from(f"product/{offer}", 10**11),
        productSnapshotUrl=(
            f"https://trade.1688.com/order/offer_snapshot.htm?order_entry_id={line_id}"
        ),
        quantity=line["quantity"],
        skuID=5_000_000_000_000 + _number_from(f"sku/{offer}/{line.get('specId')}", 10**12),
        subItemID=javascript_number(line_id),
        subItemIDString=str(line_id),
        specId=line.get("specId"),
        gmtCreate=now,
        gmtModified=now,
    )
    return item


def _fill_base(base, seller, order_id, products, now):
    total = amount(products + SHIPPING_FEE)
    base.update(
        id=javascript_number(order_id),
        idOfStr=str(order_id),
        sellerID=f"b2b-22{_number_from(f'seller/{seller}', 10**8):08}{_hash(seller).hex()[:6]}",
        createTime=now,
        modifyTime=now,
        shippingFee=amount(SHIPPING_FEE),
        sumProductPayment=amount(products),
        totalAmount=total,
    )
    base["newStepOrderList"][0].update(gmtStart=now, payFee=total, postFee=amount(SHIPPING_FEE))


def _fill_address(trade, address):
    street = _joined(address, "townText", "address")
    # 1688 looks the division code up from the text; the sandbox knows only the sample's.
    division = address.get("districtCode") or trade["nativeLogistics"]["areaCode"]
    trade["nativeLogistics"].update(
        address=street,
        area=address.get("areaText"),
        areaCode=division,
        city=address.get("cityText"),
        contactPerson=address.get("fullName"),
        mobile=address.get("mobile"),
        province=address.get("provinceText"),
        telephone=address.get("phone"),
        zip=address.get("postCode"),
    )
    trade["baseInfo"]["receiverInfo"].update(
        toFullName=address.get("fullName"),
        toDivisionCode=division,
        toMobile=address.get("mobile"),
        toPhone=address.get("phone"),
        toPost=address.get("postCode"),
        toArea=_joined(address, "provinceText", "cityText", "areaText", "townText", "address"),
    )


def _joined(address, *names):
    return " ".join(str(address[name]) for name in names if address.get(name))


def _cargo(line, line_id):
    names = ("offerMapId", "offerId", "specId", "quantity")
    cargo = {name: str(line[name]) for name in names if line.get(name) is not None}
    return {**cargo, "subItemIDString": str(line_id)}


def _number_from(text, limit):
    return int.from_bytes(_hash(text)[:8], "big") % limit


def _hash(text):
    return hashlib.sha256(text.encode("utf-8")).digest()
