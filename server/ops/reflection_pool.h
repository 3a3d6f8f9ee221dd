// The descriptors that reflection shows.
#ifndef ORDER1688_SERVER_OPS_REFLECTION_POOL_H_
#define ORDER1688_SERVER_OPS_REFLECTION_POOL_H_

#include <memory>

#include "google/protobuf/descriptor.h"

namespace order1688 {

// Every .proto that is linked into the program, and google/rpc/error_details.proto with the three
// details that our errors carry, so that a tool can show them: the error says
// `type.googleapis.com/google.rpc.ErrorInfo`, and the program has private copies of these messages
// only. The file is made from those copies, so it lacks the public messages that we never send.
// Safe to read from several threads.
std::unique_ptr<google::protobuf::DescriptorPool> MakeReflectionPool();

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_REFLECTION_POOL_H_
