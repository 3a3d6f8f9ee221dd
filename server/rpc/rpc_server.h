// The gRPC server: its port, its limits and its one thread.
#ifndef ORDER1688_SERVER_RPC_RPC_SERVER_H_
#define ORDER1688_SERVER_RPC_RPC_SERVER_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/alarm.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Takes calls. Messages pass as bytes: what they mean is the methods' matter.
//
// One thread waits for whatever comes from gRPC and calls the methods and their handlers: gRPC's
// callbacks need two that take turns, which costs an order that comes alone several changes of
// thread. It also ends the calls, all that have been answered meanwhile in a row: gRPC's code then
// stays in the processor's cache from one to the next. A call that is alone is ended by the thread
// that answers it.
//
// Before that thread sleeps, it looks for a moment whether something comes, if few calls are open,
// and gives way meanwhile to whoever has work: to wake it would cost an order that comes alone a
// quarter of its time.
class RpcServer {
 public:
  // Where else the thread looks before it sleeps, so that it need not be woken for what comes
  // there.
  struct Elsewhere {
    // Does what has come, without waiting; returns whether anything had. Called again and again,
    // until `leave`.
    std::function<bool()> look;
    // The thread sleeps now, or has too much to do: another must look.
    std::function<void()> leave;
  };

  struct Options {
    std::string listen;  // HOST:PORT; port 0: any free one
    std::shared_ptr<grpc::ServerCredentials> credentials;
    ServedMethods methods = {};
    // Starts a call of any other method; empty: it is refused as gRPC refuses it.
    StartRpc start_unknown = nullptr;
    // Called before calls are ended, one or many: for what is better done for many at once. On any
    // thread; may be empty.
    std::function<void()> before_ending = nullptr;
    // May be empty, or both are set.
    Elsewhere elsewhere = {};
    // How long the thread looks before it sleeps: that much CPU at most for each thing that comes,
    // of which a call is three or four.
    absl::Duration look_for = absl::Microseconds(100);
  };

  // UNAVAILABLE if it cannot listen there. What the methods use must outlive the server.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(Options options);

  // Shuts down at once.
  ~RpcServer();

  // The bound port.
  int port() const { return port_; }

  // Takes no more calls. Those that are open may end within `grace`, then they are cancelled.
  // Blocks until the last one has been finished by its method. A second call does nothing.
  void Shutdown(absl::Duration grace);

 private:
  friend class RpcStream;

  explicit RpcServer(Options options);
  absl::Status Listen();
  void Run();
  // The next thing that comes from gRPC; false: nothing will come any more.
  bool Next(void** tag, bool* ok);
  grpc::CompletionQueue::NextStatus LookFor(void** tag, bool* ok);
  bool LookElsewhere();
  void LeaveElsewhere();

  // For RpcStream, on thread_.
  void AskForCall();
  void OnStreamGone();
  const ServedMethod& MethodOf(const std::string& path) const;

  // Calls that have come and are not over. Means nothing while the server shuts down.
  int OpenCalls() const;

  // For RpcStream, on any thread: sends how the call ends, now or on thread_.
  void End(RpcStream& stream);
  std::vector<RpcStream*> TakeEnding();
  void EndAll(const std::vector<RpcStream*>& streams);

  const Options options_;
  const ServedMethod unknown_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::thread thread_;
  bool looks_elsewhere_ = false;  // thread_'s own
  int came_in_a_row_ = 0;         // from gRPC, since it looked elsewhere; thread_'s own
  std::mutex mutex_;
  std::condition_variable all_gone_;
  std::atomic<int> streams_ = 0;  // that exist; changed under mutex_

  std::mutex ending_mutex_;
  std::vector<RpcStream*> ending_;  // guarded by ending_mutex_
  grpc::Alarm ending_alarm_;        // set by who puts the first one into ending_
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_RPC_RPC_SERVER_H_
