/** A call without a deadline, and a gateway that does not answer: the service ends the call, and says what it knows. */
import { OrderServiceClient, type PlaceOrdersResponse } from "order1688/v1";
import { address, credentials, failureOf, sampleOrder, show, showFailure } from "./connect.js";

const plan = await fetch(`${process.env["ORDER1688_SANDBOX"]}/plans`, {
  method: "POST",
  body: JSON.stringify([{ id: "silent", fault: { kind: "hold" } }]),
});
if (!plan.ok) throw new Error(await plan.text());

const client = new OrderServiceClient(address, credentials(process.env["ORDER1688_TOKEN"]!));
const withoutDeadline = new Promise<PlaceOrdersResponse>((resolve, reject) =>
  client.placeOrders(sampleOrder("lang-no-deadline"), (error, response) => (error ? reject(error) : resolve(response))),
);
const error = await failureOf(withoutDeadline);
showFailure("place", error);
show("place", "order_may_exist", error.orderMayExist);
client.close();
