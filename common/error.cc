#include "common/error.h"

#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/code_points.h"
#include "order1688/wire/v1/rpc_status.pb.h"

namespace order1688 {
namespace {

constexpr char kDomain[] = "order1688";
// Larger details arrive as RESOURCE_EXHAUSTED and the real code is lost (limit of gRPC: 8 KB with
// the rest).
constexpr size_t kLargestDetails = 4096;
constexpr size_t kLongestMessage = 1024;
constexpr size_t kLongestRequestId = 256;

struct ReasonRow {
  v1::ErrorReason reason;
  grpc::StatusCode code;
  bool order_may_exist;
  NextStep next;
};

// UNAVAILABLE is what every client retries by itself: only where nothing can have been sent.
constexpr std::array<ReasonRow, 25> kReasons = {{
    {v1::ERROR_REASON_INVALID_REQUEST, grpc::INVALID_ARGUMENT, false, NextStep::kNewIdAfterFix},
    {v1::ERROR_REASON_REQUEST_ID_REUSED, grpc::INVALID_ARGUMENT, true, NextStep::kNewIdAfterFix},
    {v1::ERROR_REASON_UNKNOWN_CALLER, grpc::UNAUTHENTICATED, false, NextStep::kAskOperator},
    {v1::ERROR_REASON_NOT_PERMITTED, grpc::PERMISSION_DENIED, false, NextStep::kAskOperator},
    {v1::ERROR_REASON_PLACEMENT_NOT_FOUND, grpc::NOT_FOUND, false, NextStep::kSameIdNow},
    {v1::ERROR_REASON_PLACEMENT_IN_PROGRESS, grpc::ABORTED, true, NextStep::kSameIdNow},
    {v1::ERROR_REASON_OVERLOADED, grpc::RESOURCE_EXHAUSTED, false, NextStep::kSameIdLater},
    {v1::ERROR_REASON_RATE_LIMITED, grpc::RESOURCE_EXHAUSTED, false, NextStep::kSameIdLater},
    {v1::ERROR_REASON_ACCOUNT_PAUSED, grpc::RESOURCE_EXHAUSTED, false, NextStep::kAskOperator},
    {v1::ERROR_REASON_GATEWAY_UNREACHABLE, grpc::UNAVAILABLE, false, NextStep::kSameIdNow},
    {v1::ERROR_REASON_GATEWAY_REJECTED, grpc::FAILED_PRECONDITION, false, NextStep::kNewIdAfterFix},
    {v1::ERROR_REASON_GATEWAY_AUTHENTICATION, grpc::FAILED_PRECONDITION, false,
     NextStep::kAskOperator},
    {v1::ERROR_REASON_GATEWAY_THROTTLED, grpc::RESOURCE_EXHAUSTED, false, NextStep::kSameIdLater},
    {v1::ERROR_REASON_OUTCOME_IN_DOUBT, grpc::UNKNOWN, true, NextStep::kSameIdLater},
    {v1::ERROR_REASON_LEDGER_UNAVAILABLE, grpc::UNAVAILABLE, false, NextStep::kSameIdNow},
    {v1::ERROR_REASON_DEADLINE_TOO_SHORT, grpc::DEADLINE_EXCEEDED, false, NextStep::kSameIdNow},
    {v1::ERROR_REASON_PLACEMENT_CLOSED, grpc::FAILED_PRECONDITION, false, NextStep::kNewIdAfterFix},
    {v1::ERROR_REASON_NOT_OFFERED, grpc::UNIMPLEMENTED, false, NextStep::kAskOperator},
    {v1::ERROR_REASON_SHUTTING_DOWN, grpc::UNAVAILABLE, false, NextStep::kSameIdNow},
    {v1::ERROR_REASON_POSSIBLE_DUPLICATE, grpc::FAILED_PRECONDITION, false, NextStep::kAskOperator},
    {v1::ERROR_REASON_NOT_IN_DOUBT, grpc::FAILED_PRECONDITION, false, NextStep::kSameIdNow},
    {v1::ERROR_REASON_ORDER_OWNED, grpc::FAILED_PRECONDITION, true, NextStep::kAskOperator},
    {v1::ERROR_REASON_PLACEMENT_CHANGED, grpc::ABORTED, true, NextStep::kSameIdNow},
    {v1::ERROR_REASON_ACCOUNT_NOT_FOUND, grpc::NOT_FOUND, false, NextStep::kAskOperator},
    {v1::ERROR_REASON_TOO_EARLY, grpc::FAILED_PRECONDITION, true, NextStep::kSameIdLater},
}};

constexpr std::array<std::pair<NextStep, absl::string_view>, 4> kNextNames = {{
    {NextStep::kSameIdNow, "SAME_ID_NOW"},
    {NextStep::kSameIdLater, "SAME_ID_LATER"},
    {NextStep::kNewIdAfterFix, "NEW_ID_AFTER_FIX"},
    {NextStep::kAskOperator, "ASK_OPERATOR"},
}};

const ReasonRow* FindReason(v1::ErrorReason reason) {
  const auto* row = std::find_if(kReasons.begin(), kReasons.end(),
                                 [&](const ReasonRow& r) { return r.reason == reason; });
  return row == kReasons.end() ? nullptr : row;
}

// Our messages are wire-compatible copies of google.rpc's; on the wire they carry the public names.
void AddDetail(const google::protobuf::Message& detail, absl::string_view public_name,
               wire::v1::Status* status) {
  google::protobuf::Any* any = status->add_details();
  any->set_type_url(absl::StrCat("type.googleapis.com/google.rpc.", public_name));
  any->set_value(detail.SerializeAsString());
}

template <typename T>
std::optional<T> ReadDetail(const wire::v1::Status& status, absl::string_view public_name) {
  for (const google::protobuf::Any& any : status.details()) {
    absl::string_view type(any.type_url().data(), any.type_url().size());
    if (!absl::ConsumePrefix(&type, "type.googleapis.com/google.rpc.") || type != public_name)
      continue;
    T detail;
    if (detail.ParseFromString(any.value())) return detail;
  }
  return std::nullopt;
}

wire::v1::ErrorInfo ErrorInfoOf(const Error& error) {
  wire::v1::ErrorInfo info;
  info.set_reason(NameOf(error.reason));
  info.set_domain(kDomain);
  auto& metadata = *info.mutable_metadata();
  for (const auto& [name, value] : error.metadata) metadata[name] = value;
  metadata["requestId"] = std::string(FirstBytes(error.request_id, kLongestRequestId));
  metadata["orderMayExist"] = error.order_may_exist ? "yes" : "no";
  metadata["next"] = std::string(NameOf(error.next));
  if (error.replayed) metadata["replayed"] = "true";
  const size_t told = error.violations.size();
  const size_t total = std::max(static_cast<size_t>(std::max(error.total_violations, 0)), told);
  if (total > 0) metadata["totalViolations"] = std::to_string(total);
  return info;
}

wire::v1::Status WireStatusOf(const Error& error, size_t violations) {
  wire::v1::Status status;
  status.set_code(CodeOf(error.reason));
  status.set_message(std::string(FirstBytes(error.message, kLongestMessage)));
  AddDetail(ErrorInfoOf(error), "ErrorInfo", &status);
  if (violations > 0) {
    wire::v1::BadRequest bad_request;
    for (size_t i = 0; i < violations; ++i) {
      auto* violation = bad_request.add_field_violations();
      violation->set_field(error.violations[i].field);
      violation->set_description(error.violations[i].description);
    }
    AddDetail(bad_request, "BadRequest", &status);
  }
  if (error.retry_delay.has_value()) {
    wire::v1::RetryInfo retry;
    int64_t nanos = absl::ToInt64Nanoseconds(*error.retry_delay);
    retry.mutable_retry_delay()->set_seconds(nanos / 1000000000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanos % 1000000000));
    AddDetail(retry, "RetryInfo", &status);
  }
  return status;
}

// The member of the error's own metadata that takes most room: e.g. a gateway_request_id of many
// KB.
std::map<std::string, std::string>::const_iterator Longest(
    const std::map<std::string, std::string>& metadata) {
  return std::max_element(metadata.begin(), metadata.end(), [](const auto& a, const auto& b) {
    return a.first.size() + a.second.size() < b.first.size() + b.second.size();
  });
}

}  // namespace

Error MakeError(v1::ErrorReason reason, absl::string_view message, absl::string_view request_id) {
  Error error;
  error.reason = reason;
  error.message = std::string(message);
  error.request_id = std::string(request_id);
  if (const ReasonRow* row = FindReason(reason)) {
    error.order_may_exist = row->order_may_exist;
    error.next = row->next;
  }
  return error;
}

grpc::StatusCode CodeOf(v1::ErrorReason reason) {
  const ReasonRow* row = FindReason(reason);
  return row == nullptr ? grpc::UNKNOWN : row->code;
}

std::string NameOf(v1::ErrorReason reason) {
  const std::string& full = v1::ErrorReason_Name(reason);
  return std::string(
      absl::StripPrefix(absl::string_view(full.data(), full.size()), "ERROR_REASON_"));
}

absl::string_view NameOf(NextStep next) {
  for (const auto& [step, name] : kNextNames) {
    if (step == next) return name;
  }
  return "SAME_ID_LATER";
}

grpc::Status ToGrpcStatus(const Error& error) {
  size_t violations = std::min<size_t>(error.violations.size(), kMostViolations);
  wire::v1::Status status = WireStatusOf(error, violations);
  while (violations > 0 && status.ByteSizeLong() > kLargestDetails) {
    status = WireStatusOf(error, --violations);
  }
  if (status.ByteSizeLong() > kLargestDetails && !error.metadata.empty()) {
    Error smaller = error;
    smaller.metadata.erase(Longest(smaller.metadata));
    return ToGrpcStatus(smaller);
  }
  return grpc::Status(CodeOf(error.reason), status.message(), status.SerializeAsString());
}

std::optional<Error> FromGrpcStatus(const grpc::Status& status) {
  wire::v1::Status wire_status;
  if (!wire_status.ParseFromString(status.error_details())) return std::nullopt;
  std::optional<wire::v1::ErrorInfo> info =
      ReadDetail<wire::v1::ErrorInfo>(wire_status, "ErrorInfo");
  if (!info.has_value() || info->domain() != kDomain) return std::nullopt;

  Error error;
  v1::ErrorReason reason;
  if (v1::ErrorReason_Parse("ERROR_REASON_" + info->reason(), &reason)) error.reason = reason;
  error.message = status.error_message();
  for (const auto& [name, value] : info->metadata()) error.metadata[name] = value;
  auto take = [&error](const char* name) {
    auto node = error.metadata.extract(name);
    return node.empty() ? std::string() : node.mapped();
  };
  error.request_id = take("requestId");
  // Whatever is not a clear "no" may be an order.
  error.order_may_exist = take("orderMayExist") != "no";
  const std::string next = take("next");
  for (const auto& [step, name] : kNextNames) {
    if (next == name) error.next = step;
  }
  error.replayed = take("replayed") == "true";
  if (!absl::SimpleAtoi(take("totalViolations"), &error.total_violations))
    error.total_violations = 0;
  if (auto bad_request = ReadDetail<wire::v1::BadRequest>(wire_status, "BadRequest")) {
    for (const auto& violation : bad_request->field_violations()) {
      error.violations.push_back({violation.field(), violation.description()});
    }
  }
  if (auto retry = ReadDetail<wire::v1::RetryInfo>(wire_status, "RetryInfo")) {
    error.retry_delay = absl::Seconds(retry->retry_delay().seconds()) +
                        absl::Nanoseconds(retry->retry_delay().nanos());
  }
  return error;
}

}  // namespace order1688
