/** A text that is no UTF-8, which this language can only send by hand: refused as an invalid request, nothing stored. */
import { GetPlacementRequest, OrderServiceClient, PlaceOrdersRequest, PlaceOrdersResponse } from "order1688/v1";
import { address, call, credentials, failureOf, sampleOrder, showFailure, type Method } from "./connect.js";

const client = new OrderServiceClient(address, credentials(process.env["ORDER1688_TOKEN"]!));

const order = sampleOrder("lang-utf8");
order.batch!.address!.fullName = "NAME";
const bytes = Buffer.from(PlaceOrdersRequest.encode(order).finish());
bytes.write("\xff", bytes.indexOf("NAME"), "latin1");

const placeBytes: Method<Buffer, PlaceOrdersResponse> = (request, metadata, options, done) =>
  client.makeUnaryRequest(
    "/order1688.v1.OrderService/PlaceOrders",
    (raw: Buffer) => raw,
    (answer: Buffer) => PlaceOrdersResponse.decode(answer),
    request,
    metadata,
    options,
    (error, response) => done(error, response!),
  );
showFailure("place", await failureOf(call(placeBytes, bytes)));

const read = GetPlacementRequest.fromPartial({ requestId: "lang-utf8" });
showFailure("nothing_stored", await failureOf(call(client.getPlacement.bind(client), read)));
client.close();
