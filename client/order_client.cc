#include "client/order_client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/request_id.h"
#include "grpc/support/time.h"
#include "grpcpp/client_context.h"

namespace order1688 {
namespace {

// With less than this left the service refuses (DEADLINE_TOO_SHORT), so another try is only noise.
constexpr absl::Duration kLeastForATry = absl::Seconds(1);

// Answers that come out of the ledger's row for this request_id. Only they tell what became of an
// earlier try: the others are given before the ledger is read, or while that try may still be on
// its way to it.
constexpr std::array kFromTheRow = {
    v1::ERROR_REASON_REQUEST_ID_REUSED, v1::ERROR_REASON_GATEWAY_UNREACHABLE,
    v1::ERROR_REASON_GATEWAY_REJECTED,  v1::ERROR_REASON_GATEWAY_AUTHENTICATION,
    v1::ERROR_REASON_GATEWAY_THROTTLED, v1::ERROR_REASON_PLACEMENT_CLOSED,
};

bool SettlesEarlierTries(const Error& error) {
  return std::find(kFromTheRow.begin(), kFromTheRow.end(), error.reason) != kFromTheRow.end();
}

// A row under this id belongs to other content: this content was not placed under it.
bool LeavesOutcomeOpen(const Error& error) {
  return error.order_may_exist && error.reason != v1::ERROR_REASON_REQUEST_ID_REUSED;
}

bool MayTryAgain(const std::optional<Error>& error) {
  if (!error.has_value()) return true;
  switch (error->reason) {
    case v1::ERROR_REASON_PLACEMENT_NOT_FOUND:  // asking again finds it no sooner
    case v1::ERROR_REASON_DEADLINE_TOO_SHORT:   // the deadline only gets shorter
    case v1::ERROR_REASON_NOT_IN_DOUBT:         // a person has to look
    case v1::ERROR_REASON_PLACEMENT_CHANGED:    // and decide anew
      return false;
    default:
      break;
  }
  if (error->next == NextStep::kSameIdNow) return true;
  return error->next == NextStep::kSameIdLater && error->retry_delay.has_value();
}

bool IsToken(absl::string_view token) {
  return std::all_of(token.begin(), token.end(),
                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
}

gpr_timespec DeadlineAfter(absl::Duration left) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(absl::ToInt64Milliseconds(left), GPR_TIMESPAN));
}

// Cut to between half and all of it, so that many clients do not come back at once.
absl::Duration CutByChance(absl::Duration pause) {
  absl::BitGen random;
  return pause * absl::Uniform(random, 0.5, 1.0);
}

void AddToken(const std::string& token, grpc::ClientContext* context) {
  if (token.empty()) return;
  context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
}

}  // namespace

// The tries of one call: when there is one more, and what all of them together say about the order.
class OrderClient::Tries {
 public:
  enum class Kind { kSends, kReads };

  Tries(const OrderClient& client, Kind kind, absl::Duration timeout, bool sent_before)
      : client_(client),
        kind_(kind),
        deadline_(client.clock_->SinceBoot() + timeout),
        pause_(client.options_.retry.first_pause),
        unknown_(sent_before) {}

  // Calls `rpc(context)` until it succeeds or another try is not allowed.
  template <typename Rpc>
  absl::Status Run(Rpc rpc) {
    for (int tries = 1;; ++tries) {
      grpc::ClientContext context;
      context.set_deadline(DeadlineAfter(Left()));
      AddToken(client_.options_.token, &context);
      const grpc::Status status = rpc(&context);
      if (status.ok()) return absl::OkStatus();
      const std::optional<Error> error = FromGrpcStatus(status);
      Learn(error);
      const absl::Duration pause = NextPause(error);
      if (!MayTryAgain(error) || tries >= client_.options_.retry.most_tries ||
          Left() < pause + kLeastForATry) {
        return FailedCall(status, !unknown_,
                          unknown_ || (error.has_value() && error->order_may_exist));
      }
      client_.options_.sleep(pause);
    }
  }

 private:
  absl::Duration Left() const { return deadline_ - client_.clock_->SinceBoot(); }

  void Learn(const std::optional<Error>& error) {
    if (!error.has_value() || LeavesOutcomeOpen(*error)) {
      unknown_ = true;
    } else if (kind_ == Kind::kReads || SettlesEarlierTries(*error)) {
      unknown_ = false;
    }
  }

  absl::Duration NextPause(const std::optional<Error>& error) {
    absl::Duration pause = CutByChance(pause_);
    pause_ = std::min(pause_ * 2, client_.options_.retry.longest_pause);
    if (error.has_value() && error->retry_delay.has_value())
      pause = std::max(pause, *error->retry_delay);
    return pause;
  }

  const OrderClient& client_;
  const Kind kind_;
  const absl::Duration deadline_;  // by SinceBoot
  absl::Duration pause_;
  bool unknown_;
};

OrderClient::OrderClient(const std::shared_ptr<grpc::ChannelInterface>& channel,
                         OrderClientOptions options)
    : stub_(v1::OrderService::NewStub(channel)),
      accounts_(v1::AccountService::NewStub(channel)),
      options_(std::move(options)),
      clock_(options_.clock == nullptr ? &system_clock_ : options_.clock) {
  if (!options_.sleep) options_.sleep = [](absl::Duration pause) { absl::SleepFor(pause); };
}

absl::Status OrderClient::CheckCall(absl::string_view request_id) const {
  if (!IsRequestId(request_id)) {
    return absl::InvalidArgumentError(
        request_id.empty() ? "request_id is required: choose it and keep it before the first call"
                           : "request_id must be 1 to 64 characters of [A-Za-z0-9._-]");
  }
  return CheckToken();
}

absl::Status OrderClient::CheckToken() const {
  // gRPC would end the process on some of these, or send a header that no server reads.
  if (!IsToken(options_.token))
    return absl::InvalidArgumentError("the token holds a character that is not visible ASCII");
  return absl::OkStatus();
}

// Calls `rpc(context, response)` of a method that sends no order.
template <typename Response, typename Rpc>
absl::StatusOr<Response> OrderClient::Ask(Rpc rpc) const {
  Tries tries(*this, Tries::Kind::kReads, options_.timeout, /*sent_before=*/false);
  Response response;
  absl::Status status = tries.Run([&](grpc::ClientContext* context) {
    response.Clear();
    return rpc(context, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::PlaceOrdersResponse> OrderClient::PlaceOrders(
    const v1::PlaceOrdersRequest& request, const PlaceOrdersCall& call) const {
  if (absl::Status refused = CheckCall(request.request_id()); !refused.ok()) return refused;
  Tries tries(*this, Tries::Kind::kSends, std::min(call.timeout, options_.timeout),
              call.sent_before);
  v1::PlaceOrdersResponse response;
  absl::Status status = tries.Run([&](grpc::ClientContext* context) {
    response.Clear();
    return stub_->PlaceOrders(context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::GetPlacementResponse> OrderClient::GetPlacement(
    absl::string_view request_id) const {
  v1::GetPlacementRequest request;
  request.set_request_id(std::string(request_id));
  return GetPlacement(request);
}

absl::StatusOr<v1::GetPlacementResponse> OrderClient::GetPlacement(
    const v1::GetPlacementRequest& request) const {
  if (absl::Status refused = CheckCall(request.request_id()); !refused.ok()) return refused;
  return Ask<v1::GetPlacementResponse>(
      [&](grpc::ClientContext* context, v1::GetPlacementResponse* response) {
        return stub_->GetPlacement(context, request, response);
      });
}

absl::StatusOr<v1::ListPlacementsResponse> OrderClient::ListPlacements(
    const v1::ListPlacementsRequest& request) const {
  if (absl::Status refused = CheckToken(); !refused.ok()) return refused;
  return Ask<v1::ListPlacementsResponse>(
      [&](grpc::ClientContext* context, v1::ListPlacementsResponse* response) {
        return stub_->ListPlacements(context, request, response);
      });
}

absl::StatusOr<v1::ResolvePlacementResponse> OrderClient::ResolvePlacement(
    const v1::ResolvePlacementRequest& request) const {
  if (absl::Status refused = CheckCall(request.request_id()); !refused.ok()) return refused;
  return Ask<v1::ResolvePlacementResponse>(
      [&](grpc::ClientContext* context, v1::ResolvePlacementResponse* response) {
        return stub_->ResolvePlacement(context, request, response);
      });
}

absl::StatusOr<v1::Placement> OrderClient::WatchPlacement(
    absl::string_view request_id,
    const std::function<void(const v1::Placement&)>& on_change) const {
  if (absl::Status refused = CheckCall(request_id); !refused.ok()) return refused;
  v1::WatchPlacementRequest request;
  request.set_request_id(std::string(request_id));
  v1::Placement last;
  absl::Duration pause = options_.retry.first_pause;
  for (int failures = 1;; ++failures) {
    grpc::ClientContext context;
    // Without it, a server that vanished would be waited for without end.
    context.set_deadline(DeadlineAfter(options_.timeout));
    AddToken(options_.token, &context);
    auto reader = stub_->WatchPlacement(&context, request);
    v1::WatchPlacementResponse response;
    while (reader->Read(&response)) {
      failures = 1;
      pause = options_.retry.first_pause;
      const bool is_new = response.placement().SerializeAsString() != last.SerializeAsString();
      last = response.placement();
      if (is_new) on_change(last);
    }
    const grpc::Status status = reader->Finish();
    if (status.ok()) return last;
    const std::optional<Error> error = FromGrpcStatus(status);
    if (!MayTryAgain(error) || failures >= options_.retry.most_tries) {
      return FailedCall(status, error.has_value(), !error.has_value() || error->order_may_exist);
    }
    options_.sleep(CutByChance(pause));
    pause = std::min(pause * 2, options_.retry.longest_pause);
  }
}

absl::StatusOr<v1::GetAccountResponse> OrderClient::GetAccount(
    const v1::GetAccountRequest& request) const {
  if (absl::Status refused = CheckToken(); !refused.ok()) return refused;
  return Ask<v1::GetAccountResponse>(
      [&](grpc::ClientContext* context, v1::GetAccountResponse* response) {
        return accounts_->GetAccount(context, request, response);
      });
}

absl::StatusOr<v1::PauseAccountResponse> OrderClient::PauseAccount(
    const v1::PauseAccountRequest& request) const {
  if (absl::Status refused = CheckToken(); !refused.ok()) return refused;
  return Ask<v1::PauseAccountResponse>(
      [&](grpc::ClientContext* context, v1::PauseAccountResponse* response) {
        return accounts_->PauseAccount(context, request, response);
      });
}

absl::StatusOr<v1::ResumeAccountResponse> OrderClient::ResumeAccount(
    const v1::ResumeAccountRequest& request) const {
  if (absl::Status refused = CheckToken(); !refused.ok()) return refused;
  return Ask<v1::ResumeAccountResponse>(
      [&](grpc::ClientContext* context, v1::ResumeAccountResponse* response) {
        return accounts_->ResumeAccount(context, request, response);
      });
}

absl::StatusOr<v1::DeclareRefusalCodeResponse> OrderClient::DeclareRefusalCode(
    const v1::DeclareRefusalCodeRequest& request) const {
  if (absl::Status refused = CheckToken(); !refused.ok()) return refused;
  return Ask<v1::DeclareRefusalCodeResponse>(
      [&](grpc::ClientContext* context, v1::DeclareRefusalCodeResponse* response) {
        return accounts_->DeclareRefusalCode(context, request, response);
      });
}

}  // namespace order1688
