#include "server/upstream/refusal_codes.h"

#include <algorithm>
#include <array>
#include <utility>

namespace order1688 {
namespace {

constexpr std::array<absl::string_view, 3> kNoRefusals = {"200", "401", "429"};

}  // namespace

bool MayBeRefusalCode(absl::string_view code) {
  return std::find(kNoRefusals.begin(), kNoRefusals.end(), code) == kNoRefusals.end();
}

RefusalCodes::RefusalCodes(Set configured)
    : configured_(std::move(configured)), all_(std::make_shared<const Set>(configured_)) {}

bool RefusalCodes::SetDeclared(const std::vector<std::string>& declared) {
  auto after = std::make_shared<Set>(configured_);
  after->insert(declared.begin(), declared.end());
  const std::lock_guard lock(mutex_);
  const bool grown = std::any_of(after->begin(), after->end(),
                                 [this](const std::string& code) { return !all_->contains(code); });
  all_ = std::move(after);
  return grown;
}

std::shared_ptr<const RefusalCodes::Set> RefusalCodes::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

}  // namespace order1688
