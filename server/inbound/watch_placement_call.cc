#include "server/inbound/watch_placement_call.h"

#include <mutex>
#include <utility>
#include <vector>

#include "server/inbound/call_errors.h"
#include "server/inbound/field_checks.h"
#include "server/inbound/rpc_call.h"
#include "server/ledger/row_transition.h"
#include "server/rpc/message_bytes.h"

namespace order1688 {
namespace {

constexpr RpcMethod kMethod = {kOrderServiceName, "WatchPlacement"};
constexpr absl::Duration kReadInterval = absl::Milliseconds(500);
constexpr absl::Duration kLongestWithoutLedger = absl::Seconds(10);

bool IsSettled(v1::PlacementState state) {
  return state != v1::PLACEMENT_STATE_SENDING && state != v1::PLACEMENT_STATE_IN_DOUBT;
}

// One stream. It waits for one thing at a time: a read of the ledger, a write to the client (so a
// slow reader piles nothing up), or the timer. A read of the ledger may keep it alive for longer
// than the call lasts.
class WatchPlacementHandler final : public RpcHandler,
                                    public std::enable_shared_from_this<WatchPlacementHandler> {
 public:
  WatchPlacementHandler(const OrderServiceParts& parts, OpenWatches& watches, RpcStream& stream,
                        const v1::WatchPlacementRequest& request)
      : parts_(parts),
        stream_(stream),
        watches_(watches),
        call_(kMethod, request.request_id(), parts.clock, parts.metrics, parts.log),
        last_read_(parts.clock.SinceBoot()) {}

  void Start(const grpc::ServerContext& context, const v1::WatchPlacementRequest& request,
             const absl::Status& readable) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Admit(context, readable, parts_.callers, config::v1::READ, &error);
    if (caller == nullptr) return Fail(*std::move(error));
    std::vector<FieldViolation> violations;
    CheckRequestId(request.request_id(), &violations);
    if (!violations.empty()) return Fail(InvalidRequest(std::move(violations)));
    key_ = {caller->id, request.request_id()};
    switch (watches_.Add(this, [self = weak_from_this()] {
      if (auto watch = self.lock()) watch->Stop();
    })) {
      case OpenWatches::Admission::kStopping:
        return Fail(ShuttingDown());
      case OpenWatches::Admission::kTooMany: {
        Error full = MakeError(v1::ERROR_REASON_OVERLOADED, "too many watches are open", "");
        full.retry_delay = absl::Seconds(1);
        return Fail(std::move(full));
      }
      case OpenWatches::Admission::kAdmitted:
        break;
    }
    Read();
  }

  void OnWritten(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (ended_) return;
    if (!ok) return EndLocked(call_.Cancelled());
    if (IsSettled(response_.placement().state())) return EndWellLocked();
    if (stopping_) return EndLocked(call_.Failed(ShuttingDown()));
    ReadLaterLocked();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    if (!ended_) EndLocked(call_.Cancelled());
  }

 private:
  void Read() {
    parts_.ledger.Find(key_,
                       [self = shared_from_this()](absl::StatusOr<std::optional<LedgerRow>> found) {
                         self->OnRead(std::move(found));
                       });
  }

  void OnRead(absl::StatusOr<std::optional<LedgerRow>> found) {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    const absl::Duration now = parts_.clock.SinceBoot();
    if (!found.ok()) {
      if (now - last_read_ >= kLongestWithoutLedger) {
        return EndLocked(call_.Failed(LedgerUnavailable()));
      }
      return ReadLaterLocked();
    }
    last_read_ = now;
    if (!found->has_value()) return EndLocked(call_.Failed(PlacementNotFound()));
    const int64_t revision = RevisionOf(**found);
    if (revision == told_revision_) return ReadLaterLocked();
    told_revision_ = revision;
    *response_.mutable_placement() = std::move(*(*found)->placement);
    writing_ = true;
    stream_.Write(BytesOf(response_));
  }

  void ReadLaterLocked() {
    parts_.timer.RunAfter(kReadInterval, [self = weak_from_this()] {
      // A stream that ended meanwhile is not read for any more.
      if (auto watch = self.lock(); watch != nullptr && !watch->ended()) watch->Read();
    });
  }

  // A write that is on its way ends first; the server cancels a reader that is too slow for that.
  void Stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (!ended_ && !writing_) EndLocked(call_.Failed(ShuttingDown()));
  }

  void Fail(Error error) {
    const std::lock_guard lock(mutex_);
    EndLocked(call_.Failed(std::move(error)));
  }

  void EndWellLocked() {
    const v1::Placement& placement = response_.placement();
    EndLocked(call_.Ok(placement.account(), v1::PlacementState_Name(placement.state()), false));
  }

  void EndLocked(const grpc::Status& status) {
    ended_ = true;
    watches_.Remove(this);
    stream_.Finish(status);
  }

  bool ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

  const OrderServiceParts& parts_;
  RpcStream& stream_;  // until ended_
  OpenWatches& watches_;
  mutable std::mutex mutex_;  // guards all below
  RpcCall call_;
  PlacementKey key_;  // not changed after Start
  v1::WatchPlacementResponse response_;
  int64_t told_revision_ = -1;
  absl::Duration last_read_;
  bool writing_ = false;
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace

std::shared_ptr<RpcHandler> StartWatchPlacement(const OrderServiceParts& parts,
                                                OpenWatches& watches, RpcStream& stream) {
  v1::WatchPlacementRequest request;
  const absl::Status readable = ReadMessage(stream.TakeMessage(), &request);
  auto handler = std::make_shared<WatchPlacementHandler>(parts, watches, stream, request);
  handler->Start(stream.context(), request, readable);
  return handler;
}

}  // namespace order1688
