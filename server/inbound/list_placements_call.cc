#include "server/inbound/list_placements_call.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/inbound/call_errors.h"
#include "server/inbound/field_checks.h"
#include "server/inbound/placement_page_token.h"
#include "server/inbound/rpc_call.h"
#include "server/ledger/row_transition.h"
#include "server/rpc/unary_handler.h"

namespace order1688 {
namespace {

constexpr RpcMethod kMethod = {kOrderServiceName, "ListPlacements"};
constexpr char kAllCallers[] = "-";
constexpr int kDefaultPageSize = 50;
constexpr int kLargestPageSize = 1000;
// A placement may take more than 1 MB: never hold a page of 1000 of them.
constexpr int kRowsPerRead = 50;
// Clients read at most 4 MB unless told otherwise.
constexpr size_t kMostPageBytes = size_t{3} << 20;
// What a Timestamp can say: years 1 to 9999.
constexpr int64_t kFirstSecond = -62135596800;
constexpr int64_t kLastSecond = 253402300799;

// One call of ListPlacements.
class ListPlacementsHandler final : public UnaryHandler<v1::ListPlacementsResponse> {
 public:
  ListPlacementsHandler(const OrderServiceParts& parts, RpcStream& stream)
      : UnaryHandler(stream),
        parts_(parts),
        call_(kMethod, "", parts.clock, parts.metrics, parts.log) {}

  void Start(const grpc::ServerContext& context, const v1::ListPlacementsRequest& request,
             const absl::Status& readable) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Admit(context, readable, parts_.callers, config::v1::READ, &error);
    if (caller == nullptr) return Finish(call_.Failed(*std::move(error)));
    std::vector<FieldViolation> violations = ReadRequest(request, *caller);
    if (!violations.empty()) return Finish(call_.Failed(InvalidRequest(std::move(violations))));
    if (query_.caller != caller->id && !caller->Permits(config::v1::RESOLVE)) {
      return Finish(call_.Failed(PermissionMissing("RESOLVE")));
    }
    ReadMore();
  }

 private:
  // Makes query_ of the request; returns everything that is wrong with it.
  std::vector<FieldViolation> ReadRequest(const v1::ListPlacementsRequest& request,
                                          const CallerProfile& caller) {
    std::vector<FieldViolation> violations;
    CheckUnknownFields(request, &violations);
    for (int i = 0; i < request.states_size(); ++i) {
      const v1::PlacementState state = request.states(i);
      if (!v1::PlacementState_IsValid(state) || state == v1::PLACEMENT_STATE_UNSPECIFIED) {
        violations.push_back({absl::StrCat("states[", i, "]"), "is no state of a placement"});
      }
      query_.states.push_back(state);
    }
    if (request.has_update_time_after()) ReadTime(request.update_time_after(), &violations);
    if (request.page_size() < 0 || request.page_size() > kLargestPageSize) {
      violations.push_back({"page_size", absl::StrCat("must be 0 to ", kLargestPageSize)});
    }
    page_size_ = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
    if (request.caller() == kAllCallers) {
      query_.caller.clear();
    } else {
      CheckCaller(request.caller(), &violations);
      query_.caller = request.caller().empty() ? caller.id : request.caller();
    }
    question_ = QuestionOf(query_);
    if (!request.page_token().empty()) {
      query_.after = ReadPageToken(request.page_token(), question_);
      if (!query_.after.has_value()) {
        violations.push_back(
            {"page_token", "is no token of a page with these states, time and caller"});
      }
    }
    return violations;
  }

  void ReadTime(const google::protobuf::Timestamp& time, std::vector<FieldViolation>* violations) {
    const bool valid = time.seconds() >= kFirstSecond && time.seconds() <= kLastSecond &&
                       time.nanos() >= 0 && time.nanos() < 1000000000;
    if (!valid) {
      violations->push_back({"update_time_after", "is no valid time"});
      return;
    }
    query_.changed_after = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  }

  // One row more than the page has room for tells whether there is a next page.
  void ReadMore() {
    query_.limit = std::min(kRowsPerRead, page_size_ - response_.placements_size() + 1);
    parts_.ledger.List(
        query_, [this](absl::StatusOr<std::vector<LedgerRow>> rows) { OnRead(std::move(rows)); });
  }

  void OnRead(absl::StatusOr<std::vector<LedgerRow>> rows) {
    if (!rows.ok()) return Finish(call_.Failed(LedgerUnavailable()));
    for (LedgerRow& row : *rows) {
      const size_t bytes = row.placement->ByteSizeLong();
      const bool full = response_.placements_size() == page_size_ ||
                        (response_.placements_size() > 0 && page_bytes_ + bytes > kMostPageBytes);
      if (full) {
        response_.set_next_page_token(PageTokenOf(*query_.after, question_));
        return Finish(call_.Ok("", "", false));
      }
      page_bytes_ += bytes;
      query_.after = PositionOf(row);
      *response_.add_placements() = std::move(*row.placement);
    }
    if (rows->size() < static_cast<size_t>(query_.limit)) {
      return Finish(call_.Ok("", "", false));
    }
    ReadMore();
  }

  const OrderServiceParts& parts_;
  RpcCall call_;
  PlacementQuery query_;
  int page_size_ = kDefaultPageSize;
  uint64_t question_ = 0;
  size_t page_bytes_ = 0;
};

}  // namespace

std::shared_ptr<RpcHandler> StartListPlacements(const OrderServiceParts& parts, RpcStream& stream) {
  v1::ListPlacementsRequest request;
  const absl::Status readable = ReadMessage(stream.TakeMessage(), &request);
  auto handler = std::make_shared<ListPlacementsHandler>(parts, stream);
  handler->Start(stream.context(), request, readable);
  return handler;
}

}  // namespace order1688
