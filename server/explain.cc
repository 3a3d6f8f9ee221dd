#include "server/explain.h"

#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "common/clock.h"
#include "google/protobuf/util/json_util.h"
#include "order1688/v1/order_service.pb.h"
#include "server/gateway_account.h"
#include "server/inbound/request_normalizer.h"
#include "server/upstream/order_gateway.h"

namespace order1688 {
namespace {

// A gateway that is never sent to needs no transport.
class NoTransport final : public HttpTransport {
 public:
  void Post(HttpRequest, std::shared_ptr<SendGate>, Done done) override {
    std::move(done)({SendOutcome::kNotSent, "explain_only", 0, "", "", absl::ZeroDuration()});
  }
};

const config::v1::Account* FindAccount(const Config& config, const std::string& name) {
  for (const config::v1::Account& account : config.proto.accounts()) {
    if (name.empty() || account.name() == name) return &account;
  }
  return nullptr;
}

absl::StatusOr<v1::OrderBatch> ReadBatch(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) return absl::NotFoundError("cannot read " + file);
  std::stringstream text;
  text << stream.rdbuf();
  v1::OrderBatch batch;
  auto as_body = google::protobuf::util::JsonStringToMessage(text.str(), &batch);
  if (as_body.ok()) return batch;
  v1::PlaceOrdersRequest request;
  auto as_request = google::protobuf::util::JsonStringToMessage(text.str(), &request);
  if (as_request.ok()) return request.batch();
  return absl::InvalidArgumentError(
      file +
      " is neither the documented REST body nor a PlaceOrdersRequest: " + as_body.ToString());
}

}  // namespace

int Explain(const Config& config, const std::string& account_name, const std::string& file,
            std::ostream& out, std::ostream& problems) {
  const config::v1::Account* account = FindAccount(config, account_name);
  if (account == nullptr) {
    problems << "there is no account " << account_name << " in the configuration\n";
    return 1;
  }
  absl::StatusOr<v1::OrderBatch> batch = ReadBatch(file);
  if (!batch.ok()) {
    problems << batch.status().message() << "\n";
    return 1;
  }
  ClearEmptyOptionals(&*batch);
  NoTransport transport;
  const SystemClock clock;
  auto gateway = OrderGateway::Create(MakeGatewayAccount(config, *account), transport, clock);
  if (!gateway.ok()) {
    problems << gateway.status().message() << "\n";
    return 1;
  }
  absl::StatusOr<std::string> body = (*gateway)->Encode(batch->SerializeAsString());
  if (!body.ok()) {
    problems << body.status().message() << "\n";
    return 1;
  }
  const absl::StatusOr<std::string> text_to_sign = (*gateway)->ExplainStringToSign();
  const absl::StatusOr<SignedRequest> request = (*gateway)->Sign(*body);
  if (!text_to_sign.ok() || !request.ok()) {
    problems << "the request could not be signed: the crypto library fails\n";
    return 1;
  }
  out << "POST " << request->http.url << "\n";
  for (const auto& [name, value] : request->http.headers) {
    out << name << ": " << (name == "signature" ? "(MD5 of the text below, upper-case hex)" : value)
        << "\n";
  }
  out << "\n"
      << *body << "\n\ntext to sign, each time with a new time and nonce:\n"
      << *text_to_sign << "\n";
  return 0;
}

}  // namespace order1688
