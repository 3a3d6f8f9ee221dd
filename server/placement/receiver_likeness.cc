#include "server/placement/receiver_likeness.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace order1688 {
namespace {

constexpr char kIdeographicSpace[] = "\u3000";
constexpr size_t kMobileDigits = 11;

std::string WithoutBlanks(absl::string_view text) {
  std::string kept = absl::StrReplaceAll(text, {{kIdeographicSpace, ""}});
  kept.erase(std::remove_if(kept.begin(), kept.end(),
                            [](unsigned char c) { return absl::ascii_isspace(c); }),
             kept.end());
  return absl::AsciiStrToLower(kept);
}

std::string Digits(absl::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](unsigned char c) { return absl::ascii_isdigit(c); });
  for (absl::string_view code : {"0086", "86"}) {
    if (digits.size() == kMobileDigits + code.size() && absl::StartsWith(digits, code))
      return digits.substr(code.size());
  }
  return digits;
}

bool IsMasked(absl::string_view text) { return absl::StrContains(text, "*"); }

// `same` compares two texts that `clean` has cleaned. The list says one fact in two places.
template <typename Clean, typename Same>
Likeness Compare(const std::string& wanted, std::initializer_list<absl::string_view> listed,
                 Clean clean, Same same) {
  const std::string clean_wanted = clean(wanted);
  if (clean_wanted.empty() || IsMasked(wanted)) return Likeness::kUnknown;
  Likeness likeness = Likeness::kUnknown;
  for (absl::string_view text : listed) {
    const std::string clean_listed = clean(text);
    if (clean_listed.empty() || IsMasked(text)) continue;
    if (same(clean_wanted, clean_listed)) return Likeness::kSame;
    likeness = Likeness::kDiffers;
  }
  return likeness;
}

bool Equal(const std::string& wanted, const std::string& listed) { return wanted == listed; }

bool StandsIn(const std::string& wanted, const std::string& listed) {
  return absl::StrContains(listed, wanted);
}

Likeness Both(Likeness one, Likeness other) {
  if (one == Likeness::kDiffers || other == Likeness::kDiffers) return Likeness::kDiffers;
  return one == Likeness::kSame ? one : other;
}

}  // namespace

ReceiverLikeness CompareReceivers(const v1::Address& wanted, const v1::Order& listed) {
  const v1::NativeLogistics& logistics = listed.native_logistics();
  const v1::ReceiverInfo& receiver = listed.base_info().receiver_info();
  ReceiverLikeness likeness;
  likeness.name = Compare(wanted.full_name(), {logistics.contact_person(), receiver.to_full_name()},
                          WithoutBlanks, Equal);
  likeness.number =
      Both(Compare(wanted.mobile(), {logistics.mobile(), receiver.to_mobile()}, Digits, Equal),
           Compare(wanted.phone(), {logistics.telephone(), receiver.to_phone()}, Digits, Equal));
  likeness.address =
      Compare(wanted.address(), {logistics.address(), receiver.to_area()}, WithoutBlanks, StandsIn);
  return likeness;
}

}  // namespace order1688
