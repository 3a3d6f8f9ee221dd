// What is asked of the gateway's order list, as configured: the vendor publishes neither path nor
// body. The configuration's check and OrderList use it.
#ifndef ORDER1688_SERVER_UPSTREAM_PAGE_REQUEST_H_
#define ORDER1688_SERVER_UPSTREAM_PAGE_REQUEST_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace order1688 {

// One page of the orders that were created within a time, both ends included.
struct PageQuestion {
  int page = 1;  // from 1
  int page_size = 20;
  absl::Time created_after;
  absl::Time created_before;
};

// OK if `path` can be one of the order list. INVALID_ARGUMENT, saying why, if it may name a call
// that changes something: a word of it is create, pay, cancel or the like; or if it is no plain
// path of letters, digits, '-' and '_'. An order list must never be able to order.
absl::Status CheckReadPath(absl::string_view path);

// OK if every body that FillPageBody makes of the template is one JSON object. INVALID_ARGUMENT,
// saying why: not JSON, a key given twice, {{page}}, {{created_after}} or {{created_before}}
// missing, or another word in double braces.
absl::Status CheckPageBody(absl::string_view body_template);

// The body for a question. `body_template` must have passed CheckPageBody. Times are written as
// 20260102110405000+0800.
std::string FillPageBody(absl::string_view body_template, const PageQuestion& question);

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_PAGE_REQUEST_H_
