#include "common/json_decoder.h"

#include "common/json_quick.h"
#include "common/json_thorough.h"
#include "google/protobuf/message.h"

namespace order1688 {

DecodeReport DecodeJson(const JsonPlan& plan, absl::string_view json,
                        google::protobuf::Message* message) {
  message->Clear();
  if (DecodeReport report; DecodeCleanJson(plan, json, message, &report)) return report;
  message->Clear();
  return DecodeAnyJson(plan, json, message);
}

}  // namespace order1688
