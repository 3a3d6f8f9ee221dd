/** Client of the order1688 service: `order1688/v1` is the generated API, `order1688/google/rpc` what its errors hold. */
export { OrderError } from "./order_error";
export { placeOrders } from "./place_orders";
