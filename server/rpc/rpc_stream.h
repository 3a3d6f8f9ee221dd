// One call as gRPC carries it, and what the server does with it.
#ifndef ORDER1688_SERVER_RPC_RPC_STREAM_H_
#define ORDER1688_SERVER_RPC_RPC_STREAM_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/status.h"

namespace order1688 {

class RpcServer;

// What the server does with one call. Its functions are called on the thread of the RpcServer, one
// at a time, and must not block. The call holds it until nothing more will be called.
class RpcHandler {
 public:
  virtual ~RpcHandler() = default;

  // RpcStream::Read has ended: with RpcStream::TakeMessage, or, if `ok` is false, because the
  // client sends nothing more.
  virtual void OnRead(bool /*ok*/) {}

  // RpcStream::Write has ended. `ok` is false if the client has gone.
  virtual void OnWritten(bool /*ok*/) {}

  // The client has gone, gave up, or its deadline has passed. The call must be finished all the
  // same, if it is not yet.
  virtual void OnCancel() {}
};

class RpcStream;

// Starts a call; called on the thread of the RpcServer. What it returns is told of what happens
// after that; nullptr: nobody.
using StartRpc = std::function<std::shared_ptr<RpcHandler>(RpcStream& stream)>;

struct ServedMethod {
  enum class Takes {
    kOneMessage,  // it is read before the call is started; if there is none, it counts as empty
    kStream,      // the handler reads
  };
  Takes takes;
  StartRpc start;
};

// One call. Finish or Answer must be called exactly once, and nothing after it: the call may be
// gone by then. Any thread may call, one at a time; a Read and a Write may be under way together.
class RpcStream {
 public:
  RpcStream(const RpcStream&) = delete;
  RpcStream& operator=(const RpcStream&) = delete;

  // Metadata and deadline.
  const grpc::ServerContext& context() const { return context_; }

  // The message that was read last; empty if there is none.
  grpc::ByteBuffer TakeMessage();

  // Reads a message. One at a time.
  void Read();

  // Sends a message. One at a time.
  void Write(const grpc::ByteBuffer& message);

  // Ends the call, with `status` alone.
  void Finish(grpc::Status status);

  // Ends the call with OK, after a last message.
  void Answer(const grpc::ByteBuffer& message);

 private:
  friend class RpcServer;

  enum class Event { kArrived, kRead, kWritten, kFinished, kDone };
  // What gRPC gives back when an event has come.
  struct Tag {
    RpcStream& stream;
    Event event;
  };

  // Asks gRPC for one call. It deletes itself when the call is over, or will never come.
  explicit RpcStream(RpcServer& server);
  ~RpcStream();

  void On(Event event, bool ok);
  void OnArrived();
  void OnRead(bool ok);
  void OnDone();
  void Start();
  // Sends what Finish or Answer left.
  void End();
  // One more event will come.
  void Expect() { expected_.fetch_add(1, std::memory_order_release); }
  // What this thread did with the call and its handler happens before they are deleted. gRPC's
  // queue orders that, too, but the thread sanitizer does not see into it.
  void LetGo() { expected_.fetch_add(0, std::memory_order_release); }

  RpcServer& server_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  const ServedMethod* method_ = nullptr;  // set when the call has arrived
  grpc::ByteBuffer message_;
  std::shared_ptr<RpcHandler> handler_;  // null before Start, and if it wants to hear of nothing
  bool started_ = false;
  bool cancelled_ = false;
  grpc::Status end_;               // what the call ends with, and
  grpc::ByteBuffer last_message_;  // before it; not valid: none
  std::atomic<int> expected_ = 1;  // events
  Tag arrived_{*this, Event::kArrived};
  Tag read_{*this, Event::kRead};
  Tag written_{*this, Event::kWritten};
  Tag finished_{*this, Event::kFinished};
  Tag done_{*this, Event::kDone};
};

// By their paths: "/order1688.v1.OrderService/PlaceOrders".
using ServedMethods = absl::flat_hash_map<std::string, ServedMethod>;

}  // namespace order1688

#endif  // ORDER1688_SERVER_RPC_RPC_STREAM_H_
