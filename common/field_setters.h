// How the JSON decoder sets a field without reflection, which takes more time than all the rest.
// The functions are generated from the .proto files by field_setters_plugin.cc, so that no field is
// named in code.

#ifndef ORDER1688_COMMON_FIELD_SETTERS_H_
#define ORDER1688_COMMON_FIELD_SETTERS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace order1688 {

// Of one field. The one function of the field's type is there; the others are nullptr. It sets a
// singular field, or adds to a repeated one. The message must be of the generated class.
struct FieldSetter {
  using Message = ::google::protobuf::Message;

  void (*text)(Message* message, absl::string_view value) = nullptr;
  Message* (*message)(Message* message) = nullptr;
  void (*int32)(Message* message, int32_t value) = nullptr;
  void (*int64)(Message* message, int64_t value) = nullptr;
  void (*boolean)(Message* message, bool value) = nullptr;
  void (*real)(Message* message, double value) = nullptr;
};

// The setters of a message's fields, in the order of declaration. nullptr: the type is not one of
// order1688.wire.v1 or below one of them, or it has a field of another type than these.
const FieldSetter* FindFieldSetters(absl::string_view message_full_name);

}  // namespace order1688

#endif  // ORDER1688_COMMON_FIELD_SETTERS_H_
