#include "server/inbound/account_service.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "order1688/v1/account_service.pb.h"
#include "server/inbound/call_errors.h"
#include "server/inbound/field_checks.h"
#include "server/inbound/rpc_call.h"
#include "server/rpc/message_bytes.h"

namespace order1688 {
namespace {

using Kind = AccountChange::Kind;

constexpr size_t kLongestCode = 64;

bool LooksLikeCode(absl::string_view code) {
  return !code.empty() && code.size() <= kLongestCode &&
         std::all_of(code.begin(), code.end(), [](char c) {
           return absl::ascii_isalnum(c) || absl::string_view("._:-").find(c) != std::string::npos;
         });
}

void CheckCode(absl::string_view code, std::vector<FieldViolation>* violations) {
  if (!LooksLikeCode(code)) {
    violations->push_back({"code", "must be 1 to 64 characters of A-Z a-z 0-9 . _ : -"});
  } else if (!AccountWatch::MayBeDeclared(code)) {
    violations->push_back({"code", "has a fixed meaning that is not a refusal"});
  }
}

absl::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kPause:
      return "pause";
    case Kind::kResume:
      return "resume";
    case Kind::kDeclareRefusal:
      return "declare_refusal";
  }
  return "";
}

// The answer of a method, as bytes.
using AnswerWith = grpc::ByteBuffer (*)(v1::Account account);

template <typename Response>
grpc::ByteBuffer AnswerOf(v1::Account account) {
  Response response;
  *response.mutable_account() = std::move(account);
  return BytesOf(response);
}

// One call of any method: all of them answer with the account.
class AccountHandler final : public RpcHandler {
 public:
  AccountHandler(const AccountService::Parts& parts, absl::string_view method, AnswerWith answer,
                 RpcStream& stream)
      : parts_(parts),
        answer_(answer),
        stream_(stream),
        call_({kAccountServiceName, method}, "", parts.clock, parts.metrics, parts.log) {}

  void Get(const v1::GetAccountRequest& request, const absl::Status& readable) {
    if (!Admit(request, readable, request.name(), {})) return;
    parts_.ledger.FindAccount(request.name(), [this](absl::StatusOr<AccountState> state) {
      if (!state.ok()) return Fail(LedgerUnavailable());
      FinishWith(*state);
    });
  }

  // `change` holds what the request says, but for account and actor.
  template <typename Request>
  void Change(const Request& request, const absl::Status& readable, AccountChange change) {
    std::vector<FieldViolation> violations;
    if (change.kind == Kind::kDeclareRefusal) CheckCode(change.code, &violations);
    CheckReason(request.reason(), &violations);
    if (!Admit(request, readable, request.name(), std::move(violations))) return;
    change.account = request.name();
    change.actor = caller_;
    change.reason = request.reason();
    change_ = change;
    parts_.ledger.ChangeAccount(std::move(change), [this](absl::StatusOr<AccountState> state) {
      OnChanged(std::move(state));
    });
  }

 private:
  // False if the call has been finished with an error.
  bool Admit(const google::protobuf::Message& request, const absl::Status& readable,
             const std::string& name, std::vector<FieldViolation> violations) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Admit(stream_.context(), readable, parts_.callers, config::v1::RESOLVE, &error);
    if (caller != nullptr) {
      if (name.empty()) violations.insert(violations.begin(), {"name", "is required"});
      CheckUnknownFields(request, &violations);
      if (!violations.empty()) {
        error = InvalidRequest(std::move(violations));
      } else if (!caller->MayUseAccount(name) || !parts_.accounts->Knows(name)) {
        error = MakeError(v1::ERROR_REASON_ACCOUNT_NOT_FOUND,
                          "this caller has no account with this name", "");
      }
    }
    if (error.has_value()) {
      Fail(*std::move(error));
      return false;
    }
    caller_ = caller->id;
    account_.set_name(name);
    return true;
  }

  void OnChanged(absl::StatusOr<AccountState> state) {
    if (!state.ok()) return Fail(LedgerUnavailable());
    // The reason is a person's free text: it stands in the ledger, not in the log.
    parts_.log.Info("account_changed", {{"caller", caller_},
                                        {"account", change_.account},
                                        {"change", NameOf(change_.kind)},
                                        {"code", change_.code}});
    parts_.accounts->Apply(change_.account, *state);
    FinishWith(*state);
  }

  void FinishWith(const AccountState& state) {
    const std::string& name = account_.name();
    // A pause of the account's own that is not written yet holds all the same.
    account_.set_paused(state.paused || parts_.accounts->Paused(name));
    if (state.paused) {
      account_.set_pause_reason(state.pause_reason);
    } else if (account_.paused()) {
      account_.set_pause_reason(kOutcomesInDoubt);
    }
    const std::vector<std::string> known = parts_.accounts->RefusalCodesOf(name);
    std::set<std::string> codes(known.begin(), known.end());
    codes.insert(state.refusal_codes.begin(), state.refusal_codes.end());
    account_.mutable_refusal_codes()->Assign(codes.begin(), codes.end());
    call_.Ok(name, "", false);
    stream_.Answer(answer_(std::move(account_)));
  }

  void Fail(Error error) { stream_.Finish(call_.Failed(std::move(error))); }

  const AccountService::Parts& parts_;
  const AnswerWith answer_;
  RpcStream& stream_;
  v1::Account account_;
  RpcCall call_;
  std::string caller_;
  AccountChange change_;
};

std::string CodeOf(const v1::DeclareRefusalCodeRequest& request) { return request.code(); }
template <typename Request>
std::string CodeOf(const Request& /*request*/) {
  return "";
}

std::shared_ptr<RpcHandler> StartGet(const AccountService::Parts& parts, RpcStream& stream) {
  v1::GetAccountRequest request;
  const absl::Status readable = ReadMessage(stream.TakeMessage(), &request);
  auto handler = std::make_shared<AccountHandler>(parts, "GetAccount",
                                                  &AnswerOf<v1::GetAccountResponse>, stream);
  handler->Get(request, readable);
  return handler;
}

template <typename Request, typename Response>
std::shared_ptr<RpcHandler> StartChange(const AccountService::Parts& parts,
                                        absl::string_view method, Kind kind, RpcStream& stream) {
  Request request;
  const absl::Status readable = ReadMessage(stream.TakeMessage(), &request);
  auto handler = std::make_shared<AccountHandler>(parts, method, &AnswerOf<Response>, stream);
  AccountChange change;
  change.kind = kind;
  change.code = CodeOf(request);
  handler->Change(request, readable, std::move(change));
  return handler;
}

}  // namespace

void AccountService::AddTo(ServedMethods* methods) {
  const auto add = [methods](absl::string_view name, StartRpc start) {
    methods->emplace(PathOf({kAccountServiceName, name}),
                     ServedMethod{ServedMethod::Takes::kOneMessage, std::move(start)});
  };
  const auto add_change = [this, add](absl::string_view name, Kind kind, auto start) {
    add(name,
        [this, name, kind, start](RpcStream& stream) { return start(parts_, name, kind, stream); });
  };
  add("GetAccount", [this](RpcStream& stream) { return StartGet(parts_, stream); });
  add_change("PauseAccount", Kind::kPause,
             &StartChange<v1::PauseAccountRequest, v1::PauseAccountResponse>);
  add_change("ResumeAccount", Kind::kResume,
             &StartChange<v1::ResumeAccountRequest, v1::ResumeAccountResponse>);
  add_change("DeclareRefusalCode", Kind::kDeclareRefusal,
             &StartChange<v1::DeclareRefusalCodeRequest, v1::DeclareRefusalCodeResponse>);
}

}  // namespace order1688
