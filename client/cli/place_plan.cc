#include "client/cli/place_plan.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/order_file.h"
#include "common/request_id.h"

namespace order1688 {
namespace {

constexpr size_t kHashDigitsInId = 12;

// Puts an option into the request; the file may say the same or nothing.
absl::Status Merge(const std::string& file, absl::string_view name, const std::string& option,
                   std::string* field) {
  if (option.empty()) return absl::OkStatus();
  if (!field->empty() && *field != option) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": --", name, " differs from what the file says"));
  }
  *field = option;
  return absl::OkStatus();
}

absl::StatusOr<PlannedOrder> PlanOne(const std::string& name, const PlaceOptions& options,
                                     std::istream& standard_input) {
  absl::StatusOr<std::string> text = ReadOrderText(name, standard_input);
  if (!text.ok()) return text.status();
  absl::StatusOr<OrderFile> file = ParseOrderFile(name, *text);
  if (!file.ok()) return file.status();

  PlannedOrder order;
  order.file = name;
  order.request = std::move(file->request);
  order.batch_hash = HashOf(order.request.batch());
  v1::PlaceOrdersRequest& request = order.request;
  if (options.validate_only) request.set_validate_only(true);
  const std::string prefixed = options.request_id_prefix.empty() || !request.request_id().empty()
                                   ? ""
                                   : absl::StrCat(options.request_id_prefix, "-",
                                                  order.batch_hash.substr(0, kHashDigitsInId));
  for (const absl::Status& merged :
       {Merge(name, "account", options.account, request.mutable_account()),
        Merge(name, "reference", options.reference, request.mutable_reference()),
        Merge(name, "request-id", options.request_id, request.mutable_request_id()),
        Merge(name, "request-id-prefix", prefixed, request.mutable_request_id())}) {
    if (!merged.ok()) return merged;
  }
  if (!request.request_id().empty() && !IsRequestId(request.request_id())) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": the request id must be 1 to 64 characters of [A-Za-z0-9._-]"));
  }
  return order;
}

// What is wrong with the files together.
std::vector<std::string> ProblemsOf(const std::vector<PlannedOrder>& orders) {
  std::vector<std::string> problems;
  std::map<std::string, std::string> file_of;
  for (const PlannedOrder& order : orders) {
    const auto [same, is_new] =
        file_of.try_emplace(absl::StrCat("content ", order.batch_hash), order.file);
    if (!is_new) {
      problems.push_back(absl::StrCat(order.file, ": same content as ", same->second,
                                      "; to buy it twice, place it twice under two request ids"));
    }
    const std::string& id = order.request.request_id();
    if (id.empty()) {
      problems.push_back(absl::StrCat(
          order.file, ": several files need --request-id-prefix, or a requestId in each"));
      continue;
    }
    const auto [same_id, id_is_new] = file_of.try_emplace(absl::StrCat("id ", id), order.file);
    if (!id_is_new)
      problems.push_back(absl::StrCat(order.file, ": same request id as ", same_id->second));
  }
  return problems;
}

}  // namespace

bool IsRequestIdPrefix(absl::string_view prefix) {
  return !prefix.empty() &&
         IsRequestId(absl::StrCat(prefix, "-", std::string(kHashDigitsInId, '0')));
}

absl::StatusOr<std::vector<PlannedOrder>> PlanOrders(const PlaceOptions& options,
                                                     std::istream& standard_input) {
  if (options.files.size() > 1 && !options.request_id.empty()) {
    return absl::InvalidArgumentError(
        "--request-id is for one file; several files take --request-id-prefix");
  }
  if (!options.request_id.empty() && !options.request_id_prefix.empty()) {
    return absl::InvalidArgumentError("give --request-id or --request-id-prefix, not both");
  }
  std::vector<PlannedOrder> orders;
  std::vector<std::string> problems;
  for (const std::string& name : options.files) {
    absl::StatusOr<PlannedOrder> order = PlanOne(name, options, standard_input);
    if (order.ok()) {
      orders.push_back(*std::move(order));
    } else {
      problems.emplace_back(order.status().message());
    }
  }
  if (problems.empty() && orders.size() > 1) problems = ProblemsOf(orders);
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  return orders;
}

}  // namespace order1688
