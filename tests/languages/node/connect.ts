/** A connection to the service, one call as a promise, the sample order. */
import { readFileSync } from "node:fs";
import * as grpc from "@grpc/grpc-js";
import { OrderError } from "order1688";
import { PlaceOrdersRequest } from "order1688/v1";

export const address = process.env["ORDER1688_ADDRESS"]!;

export function credentials(token: string): grpc.ChannelCredentials {
  const tls = grpc.credentials.createSsl(readFileSync(process.env["ORDER1688_CA_FILE"]!));
  const caller = grpc.credentials.createFromMetadataGenerator((_, done) => {
    const metadata = new grpc.Metadata();
    metadata.set("authorization", `Bearer ${token}`);
    done(null, metadata);
  });
  return grpc.credentials.combineChannelCredentials(tls, caller);
}

export const within60s = () => ({ deadline: Date.now() + 60_000 });

export type Method<Request, Response> = (
  request: Request,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  done: (error: grpc.ServiceError | null, response: Response) => void,
) => void;

/** One call as a promise, with a deadline. */
export function call<Request, Response>(method: Method<Request, Response>, request: Request): Promise<Response> {
  return new Promise((resolve, reject) =>
    method(request, new grpc.Metadata(), within60s(), (error, response) => (error ? reject(error) : resolve(response))),
  );
}

export function sampleOrder(requestId: string): PlaceOrdersRequest {
  return PlaceOrdersRequest.fromPartial({
    requestId,
    reference: "语言测试",
    batch: {
      flow: "general",
      address: {
        fullName: "李小明",
        mobile: "13800000001",
        provinceText: "浙江省",
        cityText: "杭州市",
        areaText: "西湖区",
        townText: "转塘街道",
        address: "象山路1号 3幢-201室",
      },
      cargoLines: [
        { offerMapId: "offer-1", specId: "spec-1", quantity: 2, sellerOpenId: "seller-1" },
        { offerMapId: "offer-2", specId: "spec-2", quantity: 1.5, sellerOpenId: "seller-2" },
      ],
    },
  });
}

export function show(step: string, field: string, value: unknown) {
  console.log(`${step}\t${field}\t${value}`);
}

/** What a call that must fail says. */
export async function failureOf(call: Promise<unknown>): Promise<OrderError> {
  try {
    await call;
  } catch (error) {
    return error instanceof OrderError ? error : new OrderError(error as grpc.ServiceError);
  }
  throw new Error("the call did not fail");
}

export function showFailure(step: string, error: OrderError) {
  show(step, "code", grpc.status[error.code]);
  show(step, "reason", error.reason);
}
