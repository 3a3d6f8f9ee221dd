/** The rules of placeOrders, against a gRPC server in this process that fails as ../helper_rules.tsv says. */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import * as grpc from "@grpc/grpc-js";
import { placeOrders, type OrderError } from "order1688";
import { ErrorInfo, RetryInfo, Status } from "order1688/google/rpc";
import { OrderServiceClient, OrderServiceService, PlaceOrdersRequest, PlaceOrdersResponse } from "order1688/v1";
import { show, showFailure } from "./connect.js";

let requestId = "";
let failures: string[] = [];
let tries = 0;

function answer(
  { request }: grpc.ServerUnaryCall<PlaceOrdersRequest, PlaceOrdersResponse>,
  done: grpc.sendUnaryData<PlaceOrdersResponse>,
) {
  const failure = failures[tries++];
  if (request.requestId !== requestId) done({ code: grpc.status.ABORTED, details: "another request_id" });
  else if (failure) done(failureOf(failure));
  else done(null, PlaceOrdersResponse.fromPartial({}));
}

/** The error that a word of helper_rules.tsv describes. */
function failureOf(word: string): Partial<grpc.StatusObject> {
  const [name, reason, next = "", orderMayExist = "", delayMs, domain = "order1688"] = word.split(":");
  const code = grpc.status[name as keyof typeof grpc.status];
  const details = [];
  if (reason === "broken") {
    details.push({ typeUrl: "type.googleapis.com/google.rpc.ErrorInfo", value: Buffer.from([0xff]) });
  } else if (next) {
    const info = ErrorInfo.fromPartial({ reason, domain, metadata: { next, orderMayExist } });
    details.push({ typeUrl: "type.googleapis.com/google.rpc.ErrorInfo", value: Buffer.from(ErrorInfo.encode(info).finish()) });
  }
  if (delayMs) {
    const retryDelay = { seconds: BigInt(delayMs) / 1000n, nanos: (Number(delayMs) % 1000) * 1_000_000 };
    const retry = RetryInfo.encode(RetryInfo.fromPartial({ retryDelay })).finish();
    details.push({ typeUrl: "type.googleapis.com/google.rpc.RetryInfo", value: Buffer.from(retry) });
  }
  const metadata = new grpc.Metadata();
  if (reason === "garbage") {
    metadata.set("grpc-status-details-bin", Buffer.from([0xff]));
  } else if (details.length) {
    metadata.set("grpc-status-details-bin", Buffer.from(Status.encode(Status.fromPartial({ code, details })).finish()));
  }
  return { code, details: "as told", metadata };
}

const server = new grpc.Server();
server.addService(OrderServiceService, { placeOrders: answer });
const port = await new Promise<number>((resolve, reject) =>
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  ),
);
const client = new OrderServiceClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());

for (const line of readFileSync(process.env["ORDER1688_HELPER_RULES"]!, "utf8").trim().split("\n")) {
  if (line.startsWith("#")) continue;
  const [name, timeoutMs, leastMs, words] = line.split("\t") as [string, string, string, string];
  [requestId, failures, tries] = [name, words.split(" "), 0];
  const start = performance.now();
  const error = await placeOrders(client, PlaceOrdersRequest.fromPartial({ requestId }), Number(timeoutMs)).then(
    () => undefined,
    (error: OrderError) => error,
  );
  show(name, "tries", tries);
  // A timer of this language may be a millisecond early.
  show(name, "waited_enough", performance.now() - start >= Number(leastMs) - 5);
  if (error) {
    showFailure(name, error);
    show(name, "order_may_exist", error.orderMayExist);
  } else {
    show(name, "code", "OK");
  }
}

tries = 0;
const refused = await placeOrders(client, PlaceOrdersRequest.fromPartial({})).catch((error: Error) => error);
show("no_request_id", "tries", tries);
show("no_request_id", "refused", refused instanceof RangeError);
client.close();
server.forceShutdown();
