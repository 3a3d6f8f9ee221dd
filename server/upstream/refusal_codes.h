// The gateway codes of one account that operators found to be clear refusals.
#ifndef ORDER1688_SERVER_UPSTREAM_REFUSAL_CODES_H_
#define ORDER1688_SERVER_UPSTREAM_REFUSAL_CODES_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace order1688 {

// False for codes that have a meaning of their own: success, and refused for now.
bool MayBeRefusalCode(absl::string_view code);

// Configured codes, which stay, and declared ones, which change while the service runs.
// Thread-safe.
class RefusalCodes {
 public:
  using Set = absl::flat_hash_set<std::string>;

  explicit RefusalCodes(Set configured);

  // Replaces what is declared. Returns true if there is a code now that was not there before.
  bool SetDeclared(const std::vector<std::string>& declared);

  // Configured and declared ones, as they are now; never null.
  std::shared_ptr<const Set> all() const;

 private:
  const Set configured_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Set> all_;  // guarded by mutex_; what it points to never changes
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_REFUSAL_CODES_H_
