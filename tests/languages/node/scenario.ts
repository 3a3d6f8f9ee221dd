/** The scenario of ../scenario.md in TypeScript: the example to copy, with connect.ts. */
import * as grpc from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import { placeOrders } from "order1688";
import {
  GetPlacementRequest,
  ListPlacementsRequest,
  OrderServiceClient,
  PlacementState,
  ResolvePlacementRequest,
  type ListPlacementsResponse,
  type Money,
  type PlaceOrdersResponse,
} from "order1688/v1";
import { address, call, credentials, failureOf, sampleOrder, show, showFailure, within60s, type Method } from "./connect.js";

function stateName(state: PlacementState | undefined) {
  return PlacementState[state ?? 0]?.replace("PLACEMENT_STATE_", "");
}

/** Never goes through a number: units is a bigint. */
function moneyText({ units, nanos, currencyCode }: Money) {
  const sign = units < 0n || nanos < 0 ? "-" : "";
  const whole = units < 0n ? -units : units;
  return `${sign}${whole}.${String(Math.abs(nanos)).padStart(9, "0")} ${currencyCode}`;
}

function showPlaced(step: string, { placement }: PlaceOrdersResponse) {
  show(step, "state", stateName(placement?.state));
  for (const { order } of placement?.results ?? []) {
    const base = order?.baseInfo;
    show(step, "order_id", base?.orderId);
    show(step, "total", moneyText(base!.totalAmount!));
    show(step, "seller", base?.sellerContact?.companyName);
    show(step, "receiver", base?.receiverInfo?.toArea);
    show(step, "cargo", order?.productItems[0]?.name);
  }
}

async function run(client: OrderServiceClient) {
  const placed = await placeOrders(client, sampleOrder("lang-place"));
  showPlaced("place", placed);
  const replay = await placeOrders(client, sampleOrder("lang-place"));
  showPlaced("replay", replay);
  show("replay", "replayed", replay.replayed);

  const other = sampleOrder("lang-place");
  other.batch!.cargoLines[0]!.quantity = 3;
  const mismatch = await failureOf(placeOrders(client, other));
  showFailure("mismatch", mismatch);
  show("mismatch", "domain", mismatch.info?.domain);
  for (const [key, value] of Object.entries(mismatch.info!.metadata).sort()) {
    show("mismatch", `metadata.${key}`, value);
  }

  const wrong = sampleOrder("lang-violations");
  wrong.batch!.address!.fullName = "";
  wrong.batch!.cargoLines[0]!.quantity = 0;
  wrong.batch!.cargoLines[1]!.sellerOpenId = "";
  const violations = await failureOf(placeOrders(client, wrong));
  showFailure("violations", violations);
  for (const { field, description } of violations.violations) show("violations", field, description);

  const lost = sampleOrder("lang-doubt");
  lost.batch!.address!.fullName = "王失联";
  const inDoubt = await failureOf(placeOrders(client, lost));
  showFailure("in_doubt", inDoubt);
  for (const key of ["next", "orderMayExist"]) show("in_doubt", `metadata.${key}`, inDoubt.info?.metadata[key]);

  let resolved = false;
  for await (const { placement } of client.watchPlacement({ requestId: "lang-doubt" }, within60s())) {
    show("watch", "state", stateName(placement?.state));
    if (resolved) continue;
    resolved = true;
    const verdict = ResolvePlacementRequest.fromPartial({
      requestId: "lang-doubt",
      verdict: PlacementState.PLACEMENT_STATE_CLOSED,
      reason: "scenario",
    });
    await call(client.resolvePlacement.bind(client), verdict);
  }

  const query = ListPlacementsRequest.fromPartial({ pageSize: 1 });
  let number = 0;
  do {
    const page: ListPlacementsResponse = await call(client.listPlacements.bind(client), query);
    number++;
    for (const { requestId, state } of page.placements) show("list", `page${number}`, `${requestId} ${stateName(state)}`);
    query.pageToken = page.nextPageToken;
  } while (query.pageToken);
}

async function showHealth(token: string) {
  const HealthClient = grpc.makeGenericClientConstructor(healthService, "Health");
  const health = new HealthClient(address, credentials(token));
  const check: Method<{ service: string }, { status: string }> = health["Check"]!.bind(health);
  const answer = await call(check, { service: "order1688.v1.OrderService" });
  show("health", "status", answer.status);
  health.close();
}

async function showWrongToken() {
  const stranger = new OrderServiceClient(address, credentials("wrong"));
  const request = GetPlacementRequest.fromPartial({ requestId: "lang-place" });
  showFailure("wrong_token", await failureOf(call(stranger.getPlacement.bind(stranger), request)));
  stranger.close();
}

const token = process.env["ORDER1688_TOKEN"]!;
await showHealth(token);
const client = new OrderServiceClient(address, credentials(token));
await run(client);
client.close();
await showWrongToken();
