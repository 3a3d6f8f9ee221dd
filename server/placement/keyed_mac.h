// A keyed hash of many texts under one key.
#ifndef ORDER1688_SERVER_PLACEMENT_KEYED_MAC_H_
#define ORDER1688_SERVER_PLACEMENT_KEYED_MAC_H_

#include <initializer_list>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace order1688 {

// HMAC-SHA256. The key is prepared once, and contexts are used again: to look the algorithm up and
// to prepare the key costs more than to hash an order. Thread-safe. Without memory for it the
// program ends: a wrong hash could let two purchases look alike.
class KeyedMac {
 public:
  explicit KeyedMac(absl::string_view key);
  ~KeyedMac();

  // 32 raw bytes, of the texts one behind the other.
  std::string Of(std::initializer_list<absl::string_view> texts) const;

 private:
  struct Contexts;
  const std::unique_ptr<Contexts> contexts_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_KEYED_MAC_H_
