// The quick way of DecodeJson, for documents in which everything is as it should be. Called by
// json_decoder.cc only.

#ifndef ORDER1688_COMMON_JSON_QUICK_H_
#define ORDER1688_COMMON_JSON_QUICK_H_

#include "absl/strings/string_view.h"
#include "common/json_decoder.h"
#include "common/json_plan.h"
#include "google/protobuf/message.h"

namespace order1688 {

// Fills the empty `message` and the empty `report` exactly as json_fill.h does, which stays the
// reference, in a quarter of the time: without a copy of the text and without reflection. Unknown
// keys are listed. False: the text is not clean (json_scan.h), is broken or too large, has a key
// twice or a value that does not fit its field; the message and the report are to be cleared then.
bool DecodeCleanJson(const JsonPlan& plan, absl::string_view json,
                     google::protobuf::Message* message, DecodeReport* report);

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_QUICK_H_
