#include "server/upstream/send_gate.h"

namespace order1688 {

bool SendGate::Open() {
  std::lock_guard lock(mutex_);
  if (state_ == State::kOpened) {
    ++stopped_sends_;
    return false;
  }
  if (state_ == State::kShut) return false;
  absl::string_view reason = ReasonToStayShut();
  if (!reason.empty()) {
    state_ = State::kShut;
    shut_cause_ = std::string(reason);
    return false;
  }
  state_ = State::kOpened;
  return true;
}

bool SendGate::Shut(absl::string_view cause) {
  std::lock_guard lock(mutex_);
  if (state_ == State::kOpened) return false;
  if (state_ == State::kUndecided) {
    state_ = State::kShut;
    shut_cause_ = std::string(cause);
  }
  return true;
}

bool SendGate::opened() const {
  std::lock_guard lock(mutex_);
  return state_ == State::kOpened;
}

std::string SendGate::shut_cause() const {
  std::lock_guard lock(mutex_);
  return shut_cause_;
}

int SendGate::stopped_sends() const {
  std::lock_guard lock(mutex_);
  return stopped_sends_;
}

absl::string_view SendGate::ReasonToStayShut() const {
  absl::Duration now = clock_.SinceBoot();
  if (now - terms_.signed_at > kLongestSignatureAge) return "gate_expired";
  if (now >= terms_.lease_end) return "gate_expired";
  if (now >= terms_.caller_deadline) return "deadline_passed";
  return "";
}

}  // namespace order1688
