// The peer in Node: PlaceOrders with grpc-js and undici.
import { createHash, randomBytes } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import { Pool } from "undici";
import { readMessage, typeOf, writeMessage } from "./order_json.js";

const protos = fileURLToPath(new URL("protos", import.meta.url));
const api = grpc.loadPackageDefinition(
  protoLoader.loadSync("order1688/v1/order_service.proto", { includeDirs: [protos], longs: String, enums: String }),
);
const orderType = typeOf(protos, "order1688.v1.Order");
const batchType = typeOf(protos, "order1688.v1.OrderBatch");

const { values: options } = parseArgs({
  options: { listen: { type: "string" }, gateway: { type: "string" }, "port-file": { type: "string" } },
});
const { ACCESS_KEY, ACCESS_SECRET, USER_ID } = process.env;
const gateway = new URL(options.gateway);
const path = `${gateway.pathname.replace(/\/$/, "")}/v2/alibaba/order/batch/create`;
const pool = new Pool(gateway.origin, { connections: 1024, pipelining: 1 });

function signedHeaders() {
  const timestamp = String(Date.now());
  const nonce = randomBytes(16).toString("hex");
  const signature = createHash("md5").update(ACCESS_KEY + timestamp + nonce + ACCESS_SECRET).digest("hex").toUpperCase();
  return {
    "content-type": "application/json",
    "access-key": ACCESS_KEY,
    "user-id": USER_ID,
    timestamp,
    "nonce-str": nonce,
    signature,
  };
}

function resultOf(batch, element) {
  const order = readMessage(orderType, element);
  return {
    sellerOpenId: order.sellerOpenId,
    cargoIndexes: [...batch.cargoLines.keys()].filter((line) => batch.cargoLines[line].sellerOpenId === order.sellerOpenId),
    outcome: order.baseInfo?.orderId ? "ORDER_OUTCOME_PLACED" : "ORDER_OUTCOME_REFUSED",
    order,
  };
}

async function placeOrders({ request }) {
  const body = JSON.stringify(writeMessage(batchType, request.batch));
  const { statusCode, body: answerBody } = await pool.request({ path, method: "POST", headers: signedHeaders(), body });
  const answer = await answerBody.json();
  if (statusCode !== 200 || answer.code !== 200) {
    throw Object.assign(new Error(`the gateway answered ${statusCode}, code ${answer.code}`), { code: grpc.status.UNKNOWN });
  }
  const results = answer.data.map((element) => resultOf(request.batch, element));
  return {
    placement: {
      requestId: request.requestId,
      reference: request.reference,
      state: "PLACEMENT_STATE_PLACED",
      results,
      gatewayRequestId: answer.requestId,
      developId: answer.developId,
    },
  };
}

const server = new grpc.Server();
server.addService(api.order1688.v1.OrderService.service, {
  PlaceOrders: (call, callback) => placeOrders(call).then((response) => callback(null, response), callback),
});
server.bindAsync(options.listen, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  server.start();
  writeFileSync(`${options["port-file"]}.tmp`, JSON.stringify({ port }));
  renameSync(`${options["port-file"]}.tmp`, options["port-file"]);
});
