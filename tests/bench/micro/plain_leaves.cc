#include "tests/bench/micro/plain_leaves.h"

#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "order1688/v1/money.pb.h"

namespace order1688 {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

void Reduce(Message* message) {
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    const Descriptor* type = field->message_type();
    if (type == nullptr) continue;
    if (type == v1::Money::descriptor() || type == google::protobuf::Timestamp::descriptor()) {
      reflection->ClearField(message, field);
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        Reduce(reflection->MutableRepeatedMessage(message, field, i));
      }
    } else {
      Reduce(reflection->MutableMessage(message, field));
    }
  }
}

}  // namespace

wire::v1::BatchCreateAnswer WithPlainLeavesOnly(wire::v1::BatchCreateAnswer answer) {
  Reduce(&answer);
  return answer;
}

}  // namespace order1688
