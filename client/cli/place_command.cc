#include "client/cli/place_command.h"

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command_output.h"
#include "client/cli/connection.h"
#include "client/cli/json_report.h"
#include "client/cli/new_request_id.h"
#include "client/cli/place_advice.h"
#include "client/cli/place_plan.h"
#include "client/cli/progress.h"
#include "client/cli/report.h"
#include "client/cli/saved_ids.h"
#include "client/cli/text_width.h"
#include "client/order_client.h"

namespace order1688 {
namespace {

// One run of `place`: everything that the files share.
class PlaceRun {
 public:
  PlaceRun(const GlobalOptions& global, const PlaceOptions& options, const CliIo& io,
           std::shared_ptr<grpc::Channel> channel, OrderClientOptions client_options, size_t files)
      : global_(global),
        options_(options),
        io_(io),
        channel_(std::move(channel)),
        client_(channel_, std::move(client_options)),
        progress_(io, files) {}

  ExitCode Run(const std::vector<PlannedOrder>& orders) {
    std::vector<PlaceAnswer> answers;
    ExitCode worst = ExitCode::kPlaced;
    bool stop = false;
    for (const PlannedOrder& order : orders) {
      progress_.Start(order.file);
      bool may_have_been_sent = false;
      PlaceAnswer answer = stop ? NotTried(order) : PlaceOne(order, &may_have_been_sent);
      progress_.Done(order.file, answer.code);
      if (orders.size() > 1) {
        ReportOneOfMany(answer);
      } else {
        ReportSingle(answer, order.request.validate_only());
      }
      Save(answer, order.request.validate_only(), may_have_been_sent);
      worst = Worse(worst, answer.code);
      // The files that are left would only meet the same.
      stop = stop || answer.code == ExitCode::kCannotConnect ||
             answer.code == ExitCode::kAuthentication;
      answers.push_back(std::move(answer));
    }
    progress_.Clear();
    if (orders.size() > 1 && !global_.json) io_.out << RenderAnswers(answers) << std::flush;
    return worst;
  }

 private:
  PlaceAnswer PlaceOne(const PlannedOrder& order, bool* may_have_been_sent) {
    PlaceAnswer answer;
    answer.file = order.file;
    v1::PlaceOrdersRequest request = order.request;
    // First the connection: without one, no id is used up.
    if (absl::Status connected = Connect(channel_, global_); !connected.ok()) {
      return Failed(std::move(answer), connected);
    }
    if (absl::Status chosen = ChooseId(order, &request, may_have_been_sent); !chosen.ok()) {
      return Failed(std::move(answer), chosen);
    }
    answer.request_id = request.request_id();
    PlaceOrdersCall call;
    call.sent_before = *may_have_been_sent;
    absl::StatusOr<v1::PlaceOrdersResponse> response = client_.PlaceOrders(request, call);
    if (response.ok()) {
      answer.code =
          request.validate_only() ? ExitCode::kPlaced : ExitCodeOf(response->placement().state());
      answer.response = *std::move(response);
      return answer;
    }
    answer.failure = FailureOf(response.status());
    answer.code = ExitCodeOfPlace(*answer.failure);
    // A call that only checks never made an order, whatever became of it.
    if (request.validate_only() && answer.code == ExitCode::kUnknown)
      answer.code = ExitCode::kNotSent;
    return answer;
  }

  // Sets the request's id, saved before this returns if it was made here, and tells it.
  absl::Status ChooseId(const PlannedOrder& order, v1::PlaceOrdersRequest* request,
                        bool* may_have_been_sent) {
    if (request->validate_only()) {
      if (!request->request_id().empty()) return absl::OkStatus();
      absl::StatusOr<std::string> throwaway = NewRequestId();
      if (throwaway.ok()) request->set_request_id(*throwaway);
      return throwaway.status();
    }
    if (!request->request_id().empty()) {
      store_ = FindSavedIds(io_, clock_);
      *may_have_been_sent = store_.has_value() && store_->MayHaveBeenSent(request->request_id());
      progress_.Talk(absl::StrCat("request id ", request->request_id(), "\n"));
      return absl::OkStatus();
    }
    absl::StatusOr<RequestIdStore> store = OpenSavedIds(io_, clock_);
    if (!store.ok()) return store.status();
    absl::StatusOr<TakenId> taken = store->Take(PurchaseOf(order));
    if (!taken.ok())
      return absl::FailedPreconditionError(RefusedIdAdvice(taken.status().message()));
    store_ = *std::move(store);
    request->set_request_id(taken->request_id);
    *may_have_been_sent = taken->may_have_been_sent;
    progress_.Talk(TakenIdNote(*taken));
    return absl::OkStatus();
  }

  Purchase PurchaseOf(const PlannedOrder& order) const {
    Purchase purchase{global_.server, order.request.account(), order.batch_hash, ""};
    std::error_code error;
    if (order.file != "-") purchase.path = std::filesystem::canonical(order.file, error).string();
    return purchase;
  }

  static PlaceAnswer Failed(PlaceAnswer answer, const absl::Status& why) {
    answer.failure = NotSent(why);
    answer.code = ExitCodeOfNotSent(why);
    return answer;
  }

  static PlaceAnswer NotTried(const PlannedOrder& order) {
    PlaceAnswer answer;
    answer.file = order.file;
    answer.request_id = order.request.request_id();
    answer.failure = NotSent(absl::CancelledError("not tried, because of the failure before"));
    answer.code = ExitCode::kNotSent;
    return answer;
  }

  AnswerOrigin OriginOfAnswer(const PlaceAnswer& answer) const {
    return answer.response.has_value() ? OriginOf(global_.server, answer.response->placement())
                                       : OriginOf(global_.server, *answer.failure);
  }

  void ReportSingle(const PlaceAnswer& answer, bool validate_only) {
    if (answer.response.has_value()) {
      const v1::PlaceOrdersResponse& response = *answer.response;
      const std::string origin =
          Describe(OriginOfAnswer(answer), WantsColour(io_, io_.out_is_terminal));
      if (global_.json) {
        io_.out << MessageJson(response);
      } else if (validate_only) {
        io_.out << (io_.out_is_terminal ? SafeForTerminal(response.request_body())
                                        : response.request_body())
                << "\n";
      } else {
        io_.out << origin << "\n" << RenderPlacement(response.placement(), response.replayed());
      }
    } else if (global_.json) {
      io_.out << ErrorJson(answer.request_id, answer.code, *answer.failure);
    }
    io_.out << std::flush;
    const bool origin_is_out = answer.response.has_value() && !global_.json && !validate_only;
    Talk(answer, validate_only, /*with_origin=*/!origin_is_out);
  }

  void ReportOneOfMany(const PlaceAnswer& answer) {
    progress_.Clear();
    if (global_.json) io_.out << AnswerJson(answer) << std::flush;
    Talk(answer, options_.validate_only, /*with_origin=*/true);
  }

  void Talk(const PlaceAnswer& answer, bool validate_only, bool with_origin) {
    std::string talk;
    if (answer.failure.has_value())
      talk += RenderFailure(answer.file, answer.code, *answer.failure);
    if (answer.response.has_value()) {
      for (const std::string& warning : answer.response->warnings()) {
        absl::StrAppend(&talk, "warning: ", SafeForTerminal(warning), "\n");
      }
    }
    if (with_origin) {
      absl::StrAppend(
          &talk, Describe(OriginOfAnswer(answer), WantsColour(io_, io_.err_is_terminal)), "\n");
    }
    talk += validate_only ? "Only checked: nothing was sent to the gateway.\n"
                          : Advice(answer, global_, options_);
    progress_.Talk(talk);
  }

  void Save(const PlaceAnswer& answer, bool validate_only, bool may_have_been_sent) {
    if (validate_only || !store_.has_value() || answer.request_id.empty()) return;
    // An answer that nobody could read is asked for again under the same id.
    if (!io_.out.good()) {
      progress_.Talk(
          "order1688: the answer could not be written; ask again with the same request id\n");
      return;
    }
    const std::optional<SavedState> learnt = LearntFrom(answer, may_have_been_sent);
    if (!learnt.has_value()) return;
    const std::string environment = OriginOfAnswer(answer).environment;
    const v1::Environment known = environment == "SANDBOX" ? v1::ENVIRONMENT_SANDBOX
                                  : environment == "REAL"  ? v1::ENVIRONMENT_REAL
                                                           : v1::ENVIRONMENT_UNSPECIFIED;
    if (absl::Status saved = store_->Learn(answer.request_id, *learnt, known); !saved.ok()) {
      progress_.Talk(
          absl::StrCat("order1688: warning: ", saved.message(),
                       "; the next run of this file asks again under the same request id\n"));
    }
  }

  const GlobalOptions& global_;
  const PlaceOptions& options_;
  const CliIo& io_;
  const std::shared_ptr<grpc::Channel> channel_;
  const OrderClient client_;
  const SystemClock clock_;
  std::optional<RequestIdStore> store_;
  Progress progress_;
};

}  // namespace

ExitCode RunPlace(const GlobalOptions& global, const PlaceOptions& place, const CliIo& io) {
  absl::StatusOr<std::vector<PlannedOrder>> orders = PlanOrders(place, io.in);
  if (!orders.ok()) return ReportNotSent(orders.status(), global, io);
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = MakeChannel(global, io);
  if (!channel.ok()) return ReportNotSent(channel.status(), global, io);
  absl::StatusOr<std::string> token = ReadToken(global, io);
  if (!token.ok()) return ReportNotSent(token.status(), global, io);

  OrderClientOptions options;
  options.token = *std::move(token);
  options.timeout = absl::Seconds(global.timeout_seconds);
  options.sleep = io.sleep;
  return PlaceRun(global, place, io, *std::move(channel), std::move(options), orders->size())
      .Run(*orders);
}

}  // namespace order1688
