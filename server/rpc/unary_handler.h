// The common part of methods that answer one message with one message.
#ifndef ORDER1688_SERVER_RPC_UNARY_HANDLER_H_
#define ORDER1688_SERVER_RPC_UNARY_HANDLER_H_

#include "server/rpc/message_bytes.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// One call that is answered with a `Response`, or with a status alone.
template <typename Response>
class UnaryHandler : public RpcHandler {
 protected:
  explicit UnaryHandler(RpcStream& stream) : stream_(stream) {}

  // Ends the call, with `response_` if `status` is OK. Nothing of the handler may be touched
  // afterwards.
  void Finish(const grpc::Status& status) {
    if (!status.ok()) return stream_.Finish(status);
    stream_.Answer(BytesOf(response_));
  }

  Response response_;

 private:
  RpcStream& stream_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_RPC_UNARY_HANDLER_H_
