#include "tests/bench/load/numbered_request.h"

#include <array>
#include <fstream>
#include <iterator>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/json_util.h"

namespace order1688 {
namespace {

constexpr size_t kDigits = 12;

// Field 1 with a random part, that makes the ids of two runs differ, and room for the number.
std::string NewIdField() {
  std::random_device random;
  const std::string id =
      absl::StrFormat("bench-%08x%08x-%s", random(), random(), std::string(kDigits, '0'));
  v1::PlaceOrdersRequest only_id;
  only_id.set_request_id(id);
  return only_id.SerializeAsString();
}

grpc::Slice WithoutId(v1::PlaceOrdersRequest request) {
  request.clear_request_id();
  return grpc::Slice(request.SerializeAsString());
}

}  // namespace

absl::StatusOr<v1::PlaceOrdersRequest> ReadRequest(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  v1::PlaceOrdersRequest request;
  const bool json = path.ends_with(".json");
  const bool read = json ? google::protobuf::util::JsonStringToMessage(bytes, &request).ok()
                         : request.ParseFromString(bytes);
  if (!read || !request.has_batch()) {
    return absl::InvalidArgumentError(absl::StrCat(path, " holds no PlaceOrdersRequest"));
  }
  return request;
}

NumberedRequest::NumberedRequest(v1::PlaceOrdersRequest request)
    : id_field_(NewIdField()),
      number_at_(id_field_.size() - kDigits),
      rest_(WithoutId(std::move(request))) {}

grpc::ByteBuffer NumberedRequest::Next() {
  uint64_t left = number_++;
  for (size_t at = id_field_.size(); at > number_at_; left /= 10) {
    id_field_[--at] = static_cast<char>('0' + left % 10);
  }
  const std::array<grpc::Slice, 2> parts = {grpc::Slice(id_field_), rest_};
  return {parts.data(), parts.size()};
}

}  // namespace order1688
