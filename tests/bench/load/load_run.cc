#include "tests/bench/load/load_run.h"

#include <sys/prctl.h>

#include <cmath>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "tests/bench/load/numbered_request.h"

namespace order1688 {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kMethod[] = "/order1688.v1.OrderService/PlaceOrders";
constexpr std::chrono::seconds kConnectTimeout{10};
// Longer than the gateway may take.
constexpr std::chrono::seconds kCallTimeout{40};

// One call; its own tag.
struct Call {
  Clock::time_point due;
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
};

class LoadRun {
 public:
  explicit LoadRun(const LoadPlan& plan) : plan_(plan), request_(plan.request) {}

  absl::Status Connect() {
    grpc::ChannelArguments arguments;
    // Else channels to the same server would share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetMaxReceiveMessageSize(-1);
    const auto deadline = std::chrono::system_clock::now() + kConnectTimeout;
    for (int i = 0; i < plan_.channels; ++i) {
      const auto channel =
          grpc::CreateCustomChannel(plan_.server, grpc::InsecureChannelCredentials(), arguments);
      if (!channel->WaitForConnected(deadline)) {
        return absl::UnavailableError(absl::StrCat("no server at ", plan_.server));
      }
      stubs_.push_back(std::make_unique<grpc::GenericStub>(channel));
    }
    return absl::OkStatus();
  }

  LoadFigures Run() {
    begin_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(plan_.warmup);
    end_ = begin_ + std::chrono::duration_cast<Clock::duration>(plan_.measured);
    if (plan_.in_flight > 0) {
      RunClosed();
    } else {
      RunOpen();
    }
    return std::move(figures_);
  }

 private:
  void RunClosed() {
    int under_way = plan_.in_flight;
    for (int i = 0; i < plan_.in_flight; ++i) Start(Clock::now());
    while (under_way > 0) {
      const Clock::time_point now = AwaitOne();
      if (now < end_) {
        Start(now);
      } else {
        --under_way;
      }
    }
  }

  void RunOpen() {
    const auto calls = static_cast<int64_t>(
        std::ceil((plan_.warmup + plan_.measured).count() * plan_.calls_per_second));
    const Clock::time_point first =
        begin_ - std::chrono::duration_cast<Clock::duration>(plan_.warmup);
    std::thread starter([&] {
      // By default the kernel may wake a sleeper 50 us late.
      prctl(PR_SET_TIMERSLACK, 1);
      for (int64_t i = 0; i < calls; ++i) {
        const std::chrono::duration<double> after(static_cast<double>(i) / plan_.calls_per_second);
        const Clock::time_point due = first + std::chrono::duration_cast<Clock::duration>(after);
        std::this_thread::sleep_until(due);
        Start(due);
      }
    });
    for (int64_t i = 0; i < calls; ++i) AwaitOne();
    starter.join();
  }

  void Start(Clock::time_point due) {
    auto* call = new Call;
    call->due = due;
    call->context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    if (!plan_.tokens.empty()) {
      call->context.AddMetadata("authorization", "Bearer " + plan_.tokens[next_token_]);
      next_token_ = (next_token_ + 1) % plan_.tokens.size();
    }
    call->reader =
        stubs_[next_stub_]->PrepareUnaryCall(&call->context, kMethod, request_.Next(), &queue_);
    next_stub_ = (next_stub_ + 1) % stubs_.size();
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
  }

  // Returns when it was that a call ended.
  Clock::time_point AwaitOne() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    const Clock::time_point now = Clock::now();
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    if (!call->status.ok()) {
      if (figures_.failed++ == 0) {
        figures_.first_error = absl::StrCat("code ", static_cast<int>(call->status.error_code()),
                                            ": ", call->status.error_message());
      }
      return now;
    }
    ++figures_.all_orders;
    if (now >= begin_ && now < end_) ++figures_.orders;
    if (call->due >= begin_ && call->due < end_) {
      figures_.latencies_us.push_back(
          std::chrono::duration_cast<std::chrono::microseconds>(now - call->due).count());
    }
    return now;
  }

  const LoadPlan& plan_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  // Used by the thread that starts calls.
  NumberedRequest request_;
  size_t next_stub_ = 0;
  size_t next_token_ = 0;
  // The measured time: begin_ inclusive, end_ exclusive.
  Clock::time_point begin_;
  Clock::time_point end_;
  LoadFigures figures_;
};

}  // namespace

absl::StatusOr<LoadFigures> RunLoad(const LoadPlan& plan) {
  LoadRun run(plan);
  if (absl::Status status = run.Connect(); !status.ok()) return status;
  return run.Run();
}

}  // namespace order1688
