"""Between the gateway's JSON and messages, by the json_name of each field. json_format cannot: it takes no bare number for
a message or a string."""

from datetime import datetime
from functools import cache

from google.protobuf.descriptor import FieldDescriptor

# Sent in fen; every other amount is in yuan.
FEN_FIELDS = {
    "order1688.v1.OrderBaseInfo.discount",
    "order1688.v1.OrderBaseInfo.refund_payment",
    "order1688.v1.OrderBaseInfo.official_solution_cost",
    "order1688.v1.ProductItem.entry_discount",
    "order1688.v1.OrderInvoice.amount",
}
INTEGERS = {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64}


@cache
def fields_by_json_name(descriptor):
    """For each json_name: the field's name, its reader, whether it is a list, whether it holds messages."""
    return {
        field.json_name: (field.name, reader(field), is_list(field), is_message(field)) for field in descriptor.fields
    }


def is_list(field):
    return field.label == field.LABEL_REPEATED


def is_message(field):
    return field.type == FieldDescriptor.TYPE_MESSAGE


def reader(field):
    """Fills a message from a value, or turns a value into what is set."""
    if is_message(field):
        if field.message_type.full_name == "order1688.v1.Money":
            places = 2 if field.full_name in FEN_FIELDS else 0
            return lambda money, value: read_money(money, str(value), places)
        if field.message_type.full_name == "google.protobuf.Timestamp":
            return lambda time, value: time.FromDatetime(datetime.fromisoformat(value))
        return read_message
    if field.type == FieldDescriptor.TYPE_BOOL:
        return lambda value: value is True or value == "true"
    return int if field.type in INTEGERS else str


def read_message(message, json_object):
    fields = fields_by_json_name(message.DESCRIPTOR)
    for key, value in json_object.items():
        if value is None or key not in fields:
            continue
        name, read, repeated, of_messages = fields[key]
        if repeated and of_messages:
            elements = getattr(message, name)
            for element in value:
                read(elements.add(), element)
        elif repeated:
            getattr(message, name).extend(map(read, value))
        elif of_messages:
            child = getattr(message, name)
            child.SetInParent()
            read(child, value)
        else:
            setattr(message, name, read(value))


def read_money(money, text, places):
    """Reads decimal text exactly; the amount is in units of 10^-places yuan."""
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("-").partition(".")
    whole = whole.rjust(places + 1, "0")
    cut = len(whole) - places
    money.currency_code = "CNY"
    money.units = sign * int(whole[:cut])
    money.nanos = sign * int((whole[cut:] + fraction).ljust(9, "0"))


def write_message(message):
    json_object = {}
    for field, value in message.ListFields():
        if is_message(field):
            value = [write_message(element) for element in value] if is_list(field) else write_message(value)
        json_object[field.json_name] = value
    return json_object
