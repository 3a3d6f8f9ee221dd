// Reads the gateway's order list, page by page. Lookups and --probe use it; it can never order.
// REST: the configured path, POST /v2/alibaba/order/page by the project's guess.
#ifndef ORDER1688_SERVER_UPSTREAM_ORDER_LIST_H_
#define ORDER1688_SERVER_UPSTREAM_ORDER_LIST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/json_plan.h"
#include "common/request_signer.h"
#include "order1688/v1/order.pb.h"
#include "server/upstream/http_transport.h"
#include "server/upstream/page_request.h"
#include "server/upstream/signed_request.h"

namespace order1688 {

// How an account's order list is asked.
struct OrderListTerms {
  std::string path;           // appended to the account's base_url
  std::string body_template;  // see FillPageBody
  int page_size = 20;
  absl::Duration least_interval;  // between two calls
};

// An order of the list.
struct ListedOrder {
  v1::Order order;
  // Something on its page that may speak of an order's id, seller, goods, receiver or time could
  // not be read. What is set was read exactly; what is not set may have been there.
  bool damaged = false;
};

// What became of one call of the order list.
struct OrderPage {
  // Empty: the page was read (HTTP 200, code 200, a readable page). Else a machine token, and
  // nothing else is known: a cause of HttpResult, unexpected_http_status, gateway_code or
  // unreadable_answer.
  std::string problem;
  int http_status = 0;       // 0: no answer
  std::string gateway_code;  // of the envelope; empty unless it looks like a code
  // The gateway's clock when it had answered; nullopt if it did not say.
  std::optional<absl::Time> date;
  absl::Duration latency;
  // How many orders the question has in all; nullopt if the answer does not say.
  std::optional<int64_t> total;
  std::vector<ListedOrder> orders;
};

// The order list of one account. Thread-safe.
class OrderList {
 public:
  // Called once, on a thread of the transport, never from inside ReadPage; must not block.
  using Done = absl::AnyInvocable<void(OrderPage) &&>;

  // `transport` and `clock` must outlive the list. INVALID_ARGUMENT if the path may do more than
  // read or the template makes no JSON (CheckReadPath, CheckPageBody); FAILED_PRECONDITION if
  // signing or mapping is impossible.
  static absl::StatusOr<std::unique_ptr<OrderList>> Create(GatewayAccount account,
                                                           OrderListTerms terms,
                                                           HttpTransport& transport,
                                                           const Clock& clock);

  const OrderListTerms& terms() const { return terms_; }

  // Asks for one page, once. The list must outlive the transport's last answer. INTERNAL if the
  // question cannot be signed: nothing was sent, and `done` is not called.
  absl::Status ReadPage(const PageQuestion& question, Done done) const;

 private:
  OrderList(GatewayAccount account, OrderListTerms terms, HttpTransport& transport,
            const Clock& clock, RequestSigner signer, JsonPlan plan);
  OrderPage Decode(const HttpResult& result) const;

  const GatewayAccount account_;
  const OrderListTerms terms_;
  HttpTransport& transport_;
  const Clock& clock_;
  const RequestSigner signer_;
  const JsonPlan plan_;
};

// True if what stands at a path of DecodeReport::unreadable may speak of an order's id, seller,
// goods, receiver or time, e.g. data.result[0].baseInfo.idOfStr.
bool DamagesOrders(absl::string_view path);

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_ORDER_LIST_H_
