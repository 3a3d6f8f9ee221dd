#include "server/inbound/field_checks.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/code_points.h"
#include "common/request_id.h"
#include "server/inbound/request_normalizer.h"

namespace order1688 {
namespace {

constexpr size_t kLongestCaller = 32;
constexpr size_t kLongestReason = 500;

}  // namespace

void CheckRequestId(absl::string_view request_id, std::vector<FieldViolation>* violations) {
  if (IsRequestId(request_id)) return;
  violations->push_back({"request_id", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -"});
}

void CheckCaller(absl::string_view caller, std::vector<FieldViolation>* violations) {
  const bool known_characters = std::all_of(caller.begin(), caller.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
  });
  if (known_characters && caller.size() <= kLongestCaller) return;
  violations->push_back({"caller", "must be at most 32 characters of a-z 0-9 -"});
}

void CheckReason(absl::string_view reason, std::vector<FieldViolation>* violations) {
  const size_t length = CountCodePoints(reason);
  if (length == 0) {
    violations->push_back({"reason", "is required"});
  } else if (length > kLongestReason) {
    violations->push_back({"reason", absl::StrCat("must be at most ", kLongestReason,
                                                  " characters, but has ", length)});
  }
}

void CheckUnknownFields(const google::protobuf::Message& request,
                        std::vector<FieldViolation>* violations) {
  for (std::string& path : UnknownFieldPaths(request)) {
    violations->push_back({std::move(path), "is not known to this version of the service"});
  }
}

}  // namespace order1688
