// A text that is handed on without being copied.
#ifndef ORDER1688_COMMON_SHARED_TEXT_H_
#define ORDER1688_COMMON_SHARED_TEXT_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace order1688 {

// A text, and what keeps it alive. Copies share it; nobody may change it. Thread-safe.
class SharedText {
 public:
  SharedText() = default;
  explicit SharedText(std::string text)
      : text_(std::make_shared<const std::string>(std::move(text))) {}
  // `text` is a part of what `owner` owns, and does not change any more.
  template <typename Owner>
  SharedText(const std::shared_ptr<Owner>& owner, const std::string& text) : text_(owner, &text) {}

  absl::string_view view() const { return text_ == nullptr ? "" : absl::string_view(*text_); }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_SHARED_TEXT_H_
