"""The peer in Python: PlaceOrders with grpc.aio and aiohttp."""

import argparse
import asyncio
import hashlib
import json
import os
import secrets
import time

import aiohttp
import grpc
from order1688.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc, placement_pb2

from order_json import read_message, write_message


class OrderServer(order_service_pb2_grpc.OrderServiceServicer):
    def __init__(self, session, gateway):
        self.session = session
        self.url = f"{gateway.rstrip('/')}/v2/alibaba/order/batch/create"
        self.access_key = os.environ["ACCESS_KEY"]
        self.access_secret = os.environ["ACCESS_SECRET"]
        self.user_id = os.environ["USER_ID"]

    async def PlaceOrders(self, request, context):
        body = json.dumps(write_message(request.batch), ensure_ascii=False).encode()
        async with self.session.post(self.url, data=body, headers=self.signed_headers()) as response:
            # Amounts stay text.
            answer = json.loads(await response.read(), parse_float=str)
        if response.status != 200 or answer["code"] != 200:
            await context.abort(grpc.StatusCode.UNKNOWN, f"the gateway answered {response.status}, code {answer['code']}")
        placement = placement_pb2.Placement(
            request_id=request.request_id,
            reference=request.reference,
            state=placement_pb2.PLACEMENT_STATE_PLACED,
            results=[result_of(request.batch, element) for element in answer["data"]],
            gateway_request_id=answer["requestId"],
            develop_id=answer["developId"],
        )
        return order_service_pb2.PlaceOrdersResponse(placement=placement)

    def signed_headers(self):
        timestamp = str(time.time_ns() // 1_000_000)
        nonce = secrets.token_hex(16)
        text = self.access_key + timestamp + nonce + self.access_secret
        return {
            "Content-Type": "application/json",
            "access-key": self.access_key,
            "user-id": self.user_id,
            "timestamp": timestamp,
            "nonce-str": nonce,
            "signature": hashlib.md5(text.encode()).hexdigest().upper(),
        }


def result_of(batch, element):
    order = order_pb2.Order()
    read_message(order, element)
    placed = order.base_info.order_id != ""
    return placement_pb2.OrderResult(
        seller_open_id=order.seller_open_id,
        cargo_indexes=[i for i, line in enumerate(batch.cargo_lines) if line.seller_open_id == order.seller_open_id],
        outcome=placement_pb2.ORDER_OUTCOME_PLACED if placed else placement_pb2.ORDER_OUTCOME_REFUSED,
        order=order,
    )


async def serve(options):
    connector = aiohttp.TCPConnector(limit=1024, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector) as session:
        server = grpc.aio.server()
        order_service_pb2_grpc.add_OrderServiceServicer_to_server(OrderServer(session, options.gateway), server)
        port = server.add_insecure_port(options.listen)
        await server.start()
        with open(f"{options.port_file}.tmp", "w", encoding="utf-8") as file:
            json.dump({"port": port}, file)
        os.rename(f"{options.port_file}.tmp", options.port_file)
        await server.wait_for_termination()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--port-file", required=True)
    asyncio.run(serve(parser.parse_args()))
