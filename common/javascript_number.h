// What becomes of a 64-bit id in a JSON writer that knows only doubles.
#ifndef ORDER1688_COMMON_JAVASCRIPT_NUMBER_H_
#define ORDER1688_COMMON_JAVASCRIPT_NUMBER_H_

#include <cstdint>
#include <string>

namespace order1688 {

// The digits that JavaScript prints for the double nearest to `id` (reference/gateway.md 4.3): the
// shortest that give the same double, then zeros. Equal for ids that have the same double, so equal
// for an id and every rounding of it. Ids are only compared in this way, never kept.
std::string AsJavaScriptPrints(int64_t id);

}  // namespace order1688

#endif  // ORDER1688_COMMON_JAVASCRIPT_NUMBER_H_
