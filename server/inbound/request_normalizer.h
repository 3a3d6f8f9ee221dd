// Brings a request into its one normal form, so that an absent and an empty field mean the same
// everywhere after it.
#ifndef ORDER1688_SERVER_INBOUND_REQUEST_NORMALIZER_H_
#define ORDER1688_SERVER_INBOUND_REQUEST_NORMALIZER_H_

#include "google/protobuf/message.h"

namespace order1688 {

// Clears every optional text field that is set but empty, at any depth.
void ClearEmptyOptionals(google::protobuf::Message* message);

// True if the message, at any depth, carries a field that this version does not know. Dropping it
// silently could buy something else than the caller meant.
bool HasUnknownFields(const google::protobuf::Message& message);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_REQUEST_NORMALIZER_H_
