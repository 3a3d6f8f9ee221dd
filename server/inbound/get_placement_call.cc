#include "server/inbound/get_placement_call.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "server/inbound/call_errors.h"
#include "server/inbound/field_checks.h"
#include "server/inbound/rpc_call.h"
#include "server/rpc/unary_handler.h"

namespace order1688 {
namespace {

constexpr RpcMethod kMethod = {kOrderServiceName, "GetPlacement"};
// Clients read at most 4 MB unless told otherwise.
constexpr size_t kMostAnswerBytes = size_t{3} << 20;

v1::PlacementEvidence ShownEvidence(Evidence evidence) {
  v1::PlacementEvidence shown;
  *shown.mutable_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(evidence.time));
  shown.set_reason(std::move(evidence.reason));
  *shown.mutable_placement() = std::move(*evidence.placement);
  shown.set_raw_answer(std::move(evidence.raw_answer));
  return shown;
}

// The newest evidence that there is room for.
std::vector<v1::PlacementEvidence> NewestThatFit(std::vector<Evidence> evidence, size_t room) {
  std::vector<v1::PlacementEvidence> shown;
  while (!evidence.empty()) {
    v1::PlacementEvidence newest = ShownEvidence(std::move(evidence.back()));
    evidence.pop_back();
    const size_t bytes = newest.ByteSizeLong();
    if (bytes > room) break;
    room -= bytes;
    shown.push_back(std::move(newest));
  }
  std::reverse(shown.begin(), shown.end());
  return shown;
}

// One call of GetPlacement.
class GetPlacementHandler final : public UnaryHandler<v1::GetPlacementResponse> {
 public:
  GetPlacementHandler(const OrderServiceParts& parts, RpcStream& stream,
                      const v1::GetPlacementRequest& request)
      : UnaryHandler(stream),
        parts_(parts),
        call_(kMethod, request.request_id(), parts.clock, parts.metrics, parts.log) {}

  void Start(const grpc::ServerContext& context, const v1::GetPlacementRequest& request,
             const absl::Status& readable) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Admit(context, readable, parts_.callers, config::v1::READ, &error);
    if (caller == nullptr) return Finish(call_.Failed(*std::move(error)));
    std::vector<FieldViolation> violations;
    CheckRequestId(request.request_id(), &violations);
    CheckCaller(request.caller(), &violations);
    if (!violations.empty()) return Finish(call_.Failed(InvalidRequest(std::move(violations))));
    const std::string& owner = request.caller().empty() ? caller->id : request.caller();
    if (owner != caller->id && !caller->Permits(config::v1::RESOLVE)) {
      return Finish(call_.Failed(PermissionMissing("RESOLVE")));
    }
    const PlacementKey key{owner, request.request_id()};
    if (!request.include_raw_answer()) {
      return parts_.ledger.Find(key, [this](absl::StatusOr<std::optional<LedgerRow>> found) {
        OnFound(std::move(found));
      });
    }
    if (!caller->Permits(config::v1::READ_RAW)) {
      return Finish(call_.Failed(PermissionMissing("READ_RAW")));
    }
    // It holds personal data: who read it is kept.
    parts_.log.Info("raw_answer_read",
                    {{"caller", caller->id}, {"owner", owner}, {"request_id", key.request_id}});
    parts_.ledger.FindWhole(key, [this](absl::StatusOr<std::optional<WholeRow>> found) {
      OnFoundWhole(std::move(found));
    });
  }

 private:
  void OnFound(absl::StatusOr<std::optional<LedgerRow>> found) {
    if (!found.ok()) return Finish(call_.Failed(LedgerUnavailable()));
    if (!found->has_value()) return Finish(call_.Failed(PlacementNotFound()));
    *response_.mutable_placement() = std::move(*(*found)->placement);
    FinishWell();
  }

  void OnFoundWhole(absl::StatusOr<std::optional<WholeRow>> found) {
    if (!found.ok()) return Finish(call_.Failed(LedgerUnavailable()));
    // Evidence without a row is no placement.
    if (!found->has_value() || (*found)->row.fence == 0) {
      return Finish(call_.Failed(PlacementNotFound()));
    }
    WholeRow& whole = **found;
    *response_.mutable_placement() = std::move(*whole.row.placement);
    response_.set_raw_answer(std::move(whole.raw_answer));
    const size_t used = std::min(response_.ByteSizeLong(), kMostAnswerBytes);
    for (v1::PlacementEvidence& evidence :
         NewestThatFit(std::move(whole.evidence), kMostAnswerBytes - used)) {
      *response_.add_evidence() = std::move(evidence);
    }
    FinishWell();
  }

  void FinishWell() {
    const v1::Placement& placement = response_.placement();
    Finish(call_.Ok(placement.account(), v1::PlacementState_Name(placement.state()), false));
  }

  const OrderServiceParts& parts_;
  RpcCall call_;
};

}  // namespace

std::shared_ptr<RpcHandler> StartGetPlacement(const OrderServiceParts& parts, RpcStream& stream) {
  v1::GetPlacementRequest request;
  const absl::Status readable = ReadMessage(stream.TakeMessage(), &request);
  auto handler = std::make_shared<GetPlacementHandler>(parts, stream, request);
  handler->Start(stream.context(), request, readable);
  return handler;
}

}  // namespace order1688
