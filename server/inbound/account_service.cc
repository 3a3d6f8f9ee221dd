#include "server/inbound/account_service.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "server/inbound/call_errors.h"
#include "server/inbound/field_checks.h"
#include "server/inbound/rpc_call.h"

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

// One call of any method: all of them answer with the account. gRPC deletes it through OnDone,
// after Finish.
class AccountReactor final : public grpc::ServerUnaryReactor {
 public:
  AccountReactor(const AccountService::Parts& parts, absl::string_view method, v1::Account* account)
      : parts_(parts),
        account_(*account),
        call_({kAccountServiceName, method}, "", parts.clock, parts.metrics, parts.log) {}

  void Get(const grpc::CallbackServerContext& context, const v1::GetAccountRequest& request) {
    if (!Admit(context, request, request.name(), {})) return;
    parts_.ledger.FindAccount(request.name(), [this](absl::StatusOr<AccountState> state) {
      if (!state.ok()) return Finish(call_.Failed(LedgerUnavailable()));
      FinishWith(*state);
    });
  }

  // `change` holds what the request says, but for account and actor.
  template <typename Request>
  void Change(const grpc::CallbackServerContext& context, const Request& request,
              AccountChange change) {
    std::vector<FieldViolation> violations;
    if (change.kind == Kind::kDeclareRefusal) CheckCode(change.code, &violations);
    CheckReason(request.reason(), &violations);
    if (!Admit(context, request, request.name(), std::move(violations))) return;
    change.account = request.name();
    change.actor = caller_;
    change.reason = request.reason();
    change_ = change;
    parts_.ledger.ChangeAccount(std::move(change), [this](absl::StatusOr<AccountState> state) {
      OnChanged(std::move(state));
    });
  }

  void OnDone() override { delete this; }

 private:
  // False if the call has been finished with an error.
  bool Admit(const grpc::CallbackServerContext& context, const google::protobuf::Message& request,
             const std::string& name, std::vector<FieldViolation> violations) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Authenticate(context, parts_.callers, config::v1::RESOLVE, &error);
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
      Finish(call_.Failed(*std::move(error)));
      return false;
    }
    caller_ = caller->id;
    account_.set_name(name);
    return true;
  }

  void OnChanged(absl::StatusOr<AccountState> state) {
    if (!state.ok()) return Finish(call_.Failed(LedgerUnavailable()));
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
    // A pause that the placer has not written yet holds all the same.
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
    Finish(call_.Ok(name, "", false));
  }

  const AccountService::Parts& parts_;
  v1::Account& account_;
  RpcCall call_;
  std::string caller_;
  AccountChange change_;
};

AccountChange ChangeOf(Kind kind, std::string code = "") {
  AccountChange change;
  change.kind = kind;
  change.code = std::move(code);
  return change;
}

}  // namespace

grpc::ServerUnaryReactor* AccountService::GetAccount(grpc::CallbackServerContext* context,
                                                     const v1::GetAccountRequest* request,
                                                     v1::GetAccountResponse* response) {
  auto* reactor = new AccountReactor(parts_, "GetAccount", response->mutable_account());
  reactor->Get(*context, *request);
  return reactor;
}

grpc::ServerUnaryReactor* AccountService::PauseAccount(grpc::CallbackServerContext* context,
                                                       const v1::PauseAccountRequest* request,
                                                       v1::PauseAccountResponse* response) {
  auto* reactor = new AccountReactor(parts_, "PauseAccount", response->mutable_account());
  reactor->Change(*context, *request, ChangeOf(Kind::kPause));
  return reactor;
}

grpc::ServerUnaryReactor* AccountService::ResumeAccount(grpc::CallbackServerContext* context,
                                                        const v1::ResumeAccountRequest* request,
                                                        v1::ResumeAccountResponse* response) {
  auto* reactor = new AccountReactor(parts_, "ResumeAccount", response->mutable_account());
  reactor->Change(*context, *request, ChangeOf(Kind::kResume));
  return reactor;
}

grpc::ServerUnaryReactor* AccountService::DeclareRefusalCode(
    grpc::CallbackServerContext* context, const v1::DeclareRefusalCodeRequest* request,
    v1::DeclareRefusalCodeResponse* response) {
  auto* reactor = new AccountReactor(parts_, "DeclareRefusalCode", response->mutable_account());
  reactor->Change(*context, *request, ChangeOf(Kind::kDeclareRefusal, request->code()));
  return reactor;
}

}  // namespace order1688
