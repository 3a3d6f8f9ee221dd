// The thorough way of DecodeJson, for any bytes: it repairs the text, and knows what to do with
// whatever does not fit. What the quick way (json_quick.h) does must not differ from it. Called by
// json_decoder.cc only.

#ifndef ORDER1688_COMMON_JSON_THOROUGH_H_
#define ORDER1688_COMMON_JSON_THOROUGH_H_

#include "absl/strings/string_view.h"
#include "common/json_decoder.h"
#include "common/json_plan.h"
#include "google/protobuf/message.h"

namespace order1688 {

// DecodeJson, into an empty `message`.
DecodeReport DecodeAnyJson(const JsonPlan& plan, absl::string_view json,
                           google::protobuf::Message* message);

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_THOROUGH_H_
