#include "client/cli/new_request_id.h"

#include <openssl/rand.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace order1688 {

absl::StatusOr<std::string> NewRequestId() {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1)
    return absl::FailedPreconditionError("no random numbers");
  bytes[6] = (bytes[6] & 0x0F) | 0x40;
  bytes[8] = (bytes[8] & 0x3F) | 0x80;
  std::string hex = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  for (const size_t dash : {20, 16, 12, 8}) hex.insert(dash, "-");
  return hex;
}

}  // namespace order1688
