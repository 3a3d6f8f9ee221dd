import { status, type ServiceError } from "@grpc/grpc-js";
import type { Any } from "./google/protobuf/any";
import { BadRequest, type BadRequest_FieldViolation, ErrorInfo, RetryInfo } from "./google/rpc/error_details";
import { Status } from "./google/rpc/status";

const DOMAIN = "order1688";

/**
 * What a failed call says about the order. Without ErrorInfo of the service the outcome is unknown: ask again with the
 * same request_id, never with a new one. The message may hold text of the gateway, so it does not belong into a log.
 */
export class OrderError extends Error {
  /** The gRPC code of the last try. */
  readonly code: status;
  /** The service's own error, of the last try: reason, and metadata with `next` and others. undefined: there is none. */
  readonly info?: ErrorInfo;
  /** All fields that the service refused. */
  readonly violations: BadRequest_FieldViolation[];
  /** How long to wait before asking again; undefined if the service names no time. */
  readonly retryDelayMs?: number;
  /** False only if it is sure that no try of the call placed an order. */
  readonly orderMayExist: boolean;

  /** Reads the error of one call of the generated client. `earlierMayExist`: an earlier try of it may have placed one. */
  constructor(failure: ServiceError, earlierMayExist = false) {
    super(failure.details, { cause: failure });
    this.name = "OrderError";
    this.code = failure.code;
    const details = detailsOf(failure);
    const info = decoded(details, "ErrorInfo", ErrorInfo);
    if (info?.domain === DOMAIN) this.info = info;
    this.violations = decoded(details, "BadRequest", BadRequest)?.fieldViolations ?? [];
    const delay = decoded(details, "RetryInfo", RetryInfo)?.retryDelay;
    if (delay) this.retryDelayMs = Number(delay.seconds) * 1000 + delay.nanos / 1e6;
    this.orderMayExist =
      this.info?.metadata["orderMayExist"] !== "no" || (earlierMayExist && !FROM_THE_ROW.has(this.info.reason));
  }

  /** An ErrorReason without its prefix, such as `OUTCOME_IN_DOUBT`; empty if there is no info. */
  get reason(): string {
    return this.info?.reason ?? "";
  }
}

/** Answers that come out of the ledger's row: only they tell what became of an earlier try. */
const FROM_THE_ROW = new Set([
  "REQUEST_ID_REUSED",
  "GATEWAY_UNREACHABLE",
  "GATEWAY_REJECTED",
  "GATEWAY_AUTHENTICATION",
  "GATEWAY_THROTTLED",
  "PLACEMENT_CLOSED",
]);

function detailsOf(failure: ServiceError): Any[] {
  const [bytes] = failure.metadata?.get("grpc-status-details-bin") ?? [];
  return (Buffer.isBuffer(bytes) && orNothing(() => Status.decode(bytes).details)) || [];
}

function decoded<T>(details: Any[], name: string, type: { decode(bytes: Uint8Array): T }): T | undefined {
  const detail = details.find(({ typeUrl }) => typeUrl === `type.googleapis.com/google.rpc.${name}`);
  return detail && orNothing(() => type.decode(detail.value));
}

/** What cannot be read is not of the service. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
