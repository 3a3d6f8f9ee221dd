import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { OrderError } from "./order_error";
import type { OrderServiceClient, PlaceOrdersRequest, PlaceOrdersResponse } from "./order1688/v1/order_service";

const MOST_TRIES = 5;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** With less than this left the service refuses, so another try is only noise. */
const LEAST_FOR_A_TRY_MS = 1_000;

/**
 * Places a batch, at most once however often it is called with the same requestId. Choose the requestId and keep it BEFORE
 * the first call: it is never made here, because a new id after a crash is a second purchase.
 *
 * Tries again, always under that id, when the answer holds no ErrorInfo of the service (outcome unknown) or says that the
 * same id may be asked again. `timeoutMs` is for all tries together; give at least the server's gateway timeout (30 s
 * unless configured) + 5 s. Rejects with an OrderError; with a RangeError, before any call, if there is no requestId.
 */
export async function placeOrders(
  client: OrderServiceClient,
  request: PlaceOrdersRequest,
  timeoutMs = 60_000,
): Promise<PlaceOrdersResponse> {
  if (!request.requestId) throw new RangeError("requestId is required: choose it and keep it before the first call");
  const end = performance.now() + timeoutMs;
  const left = () => end - performance.now();
  let mayExist = false;
  for (let tries = 1, pause = FIRST_PAUSE_MS; ; tries++, pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await callOnce(client, request, left());
    } catch (failure) {
      const error: OrderError = new OrderError(failure as ServiceError, mayExist);
      // Cut to between half and all of it, so that many clients do not come back at once.
      const wait = Math.max(pause * (0.5 + Math.random() / 2), error.retryDelayMs ?? 0);
      if (!mayTryAgain(error) || tries === MOST_TRIES || left() < wait + LEAST_FOR_A_TRY_MS) throw error;
      mayExist = error.orderMayExist;
      await sleep(wait);
    }
  }
}

function callOnce(client: OrderServiceClient, request: PlaceOrdersRequest, timeoutMs: number) {
  return new Promise<PlaceOrdersResponse>((resolve, reject) => {
    client.placeOrders(request, new Metadata(), { deadline: Date.now() + timeoutMs }, (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });
}

function mayTryAgain(error: OrderError): boolean {
  if (!error.info) return true;
  switch (error.info.metadata["next"]) {
    case "SAME_ID_NOW":
      return error.reason !== "DEADLINE_TOO_SHORT"; // the deadline only gets shorter
    case "SAME_ID_LATER":
      return error.retryDelayMs !== undefined;
    default:
      return false;
  }
}
