#include "server/placement/lookup_matcher.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "server/ledger/ownership_keys.h"
#include "server/placement/order_fit.h"
#include "server/upstream/cargo_matcher.h"
#include "server/upstream/order_id_evidence.h"

namespace order1688 {
namespace {

constexpr size_t kMostCandidates = 20;

enum class LineState { kOpen, kPlaced, kRefused };

const std::string& IdOf(const v1::Order& order) { return order.base_info().order_id(); }

PlacementKey KeyOf(const v1::Placement& placement) {
  return {placement.caller(), placement.request_id()};
}

bool IsPlaced(const v1::OrderResult& result) {
  return result.outcome() == v1::ORDER_OUTCOME_PLACED;
}

// True if `listed` may be the exact form of an id that is known only rounded.
bool IsTwinOf(const v1::Order& listed, int64_t rounded) {
  v1::Order twins;
  twins.mutable_base_info()->set_order_id(IdOf(listed));
  twins.mutable_base_info()->set_id_number(rounded);
  return EvidenceOf(listed) == OrderIdEvidence::kExact && !TwinsDiffer(twins);
}

// The answer itself hints at an order that it does not name: then no list proves that there is
// none.
bool HintsAtAnOrder(const v1::Placement& placement) {
  const auto& results = placement.results();
  const auto& unreadable = placement.unreadable_fields();
  return std::any_of(results.begin(), results.end(),
                     [](const v1::OrderResult& result) {
                       return result.outcome() == v1::ORDER_OUTCOME_IN_DOUBT &&
                              EvidenceOf(result.order()) != OrderIdEvidence::kNone;
                     }) ||
         std::any_of(unreadable.begin(), unreadable.end(), [](const std::string& path) {
           return JudgeUnreadable(path) != Unreadable::kOther;
         });
}

// One finding in the making. Orders are named by their index in the list.
class Matching {
 public:
  explicit Matching(const LookupEvidence& evidence)
      : evidence_(evidence),
        placement_(*evidence.task.row.placement),
        wanted_(evidence.task),
        key_(KeyOf(placement_)) {}

  LookupFinding Match() {
    if (!wanted_.readable()) {
      finding_.unclear_lines.push_back(0);
      return std::move(finding_);
    }
    ReadOwners();
    ReadRow();
    FindOwnOrders();
    MatchSellers();
    if (finding_.unclear_lines.empty()) MakeResults();
    if (!finding_.unclear_lines.empty()) finding_.results.clear();
    MakeCandidates();
    return std::move(finding_);
  }

 private:
  const v1::Order& OrderAt(int index) const { return evidence_.orders[index].order; }
  int size() const { return static_cast<int>(evidence_.orders.size()); }

  void ReadOwners() {
    for (const OwnedOrder& owned : evidence_.neighbours.owned) {
      if (!IsRoundedIdKey(owned.order_id)) {
        (owned.owner == key_ ? own_ids_ : foreign_ids_).insert(owned.order_id);
      } else if (!(owned.owner == key_)) {
        claimed_keys_.insert(owned.order_id);
      }
    }
  }

  bool IsForeign(int index) const { return foreign_ids_.contains(IdOf(OrderAt(index))); }

  // Another placement knows by a rounded id that it has this order, or one with an id beside it.
  bool IsClaimed(int index) const {
    return claimed_keys_.contains(RoundedIdKey(IdOf(OrderAt(index))));
  }

  // What the row's own answer has settled, line by line.
  void ReadRow() {
    const int lines = wanted_.batch().cargo_lines_size();
    std::vector<bool> placed(lines), refused(lines), doubtful(lines);
    bool stray_doubt = false;  // an element that fits no line: it may speak of any
    for (const v1::OrderResult& result : placement_.results()) {
      const bool exact = IsPlaced(result) && !IdOf(result.order()).empty();
      if (exact) own_ids_.insert(IdOf(result.order()));
      auto& of = exact                                           ? placed
                 : result.outcome() == v1::ORDER_OUTCOME_REFUSED ? refused
                                                                 : doubtful;
      for (int line : result.cargo_indexes()) {
        if (line >= 0 && line < lines) of[line] = true;
      }
      stray_doubt = stray_doubt || (result.outcome() == v1::ORDER_OUTCOME_IN_DOUBT &&
                                    result.cargo_indexes().empty());
    }
    line_states_.assign(lines, LineState::kOpen);
    for (int line = 0; line < lines; ++line) {
      const bool settled = !doubtful[line] && placed[line] != refused[line];
      if (!settled || (refused[line] && stray_doubt)) continue;
      line_states_[line] = placed[line] ? LineState::kPlaced : LineState::kRefused;
    }
  }

  // Orders that are ours whatever they look like: by their exact id, or as the only exact form of
  // an id that is known rounded. A list that lacks one of them is not to be trusted.
  void FindOwnOrders() {
    trusted_ = evidence_.whole && evidence_.neighbours.complete;
    std::set<std::string> missing = own_ids_;
    for (int i = 0; i < size(); ++i) {
      if (!own_ids_.contains(IdOf(OrderAt(i)))) continue;
      own_.insert(i);
      missing.erase(IdOf(OrderAt(i)));
    }
    trusted_ = trusted_ && missing.empty();
    for (int result = 0; result < placement_.results_size(); ++result) {
      const v1::OrderResult& known = placement_.results(result);
      if (!IsPlaced(known) || !IdOf(known.order()).empty()) continue;
      std::vector<int> twins;
      for (int i = 0; i < size(); ++i) {
        const bool may_be = !IsForeign(i) && !own_.contains(i) &&
                            IsTwinOf(OrderAt(i), known.order().base_info().id_number()) &&
                            wanted_.FitOf(evidence_.orders[i]) > OrderFit::kExcluded;
        if (may_be) twins.push_back(i);
      }
      if (twins.size() == 1 && trusted_ && !IsClaimed(twins.front())) {
        own_.insert(twins.front());
        exact_of_result_[result] = twins.front();
      } else {
        trusted_ = false;
        possible_.insert(twins.begin(), twins.end());
      }
    }
  }

  void MatchSellers() {
    const CargoMatch own_match = MatchListed(own_);
    std::map<std::string, std::vector<int>> open_lines;
    std::vector<std::string> sellers;
    for (size_t line = 0; line < line_states_.size(); ++line) {
      if (line_states_[line] != LineState::kOpen || own_match.answered[line]) continue;
      const std::string& seller =
          wanted_.batch().cargo_lines(static_cast<int>(line)).seller_open_id();
      if (open_lines[seller].empty()) sellers.push_back(seller);
      open_lines[seller].push_back(static_cast<int>(line));
    }
    for (const std::string& seller : sellers) MatchSeller(seller, open_lines[seller]);
    std::sort(finding_.absent_lines.begin(), finding_.absent_lines.end());
    std::sort(finding_.unclear_lines.begin(), finding_.unclear_lines.end());
  }

  void MatchSeller(const std::string& seller, const std::vector<int>& lines) {
    std::vector<int> fitting;
    bool others = false;    // that nothing contradicts, but that may be another placement's
    bool unlikely = false;  // that are contradicted, but not excluded
    for (int i = 0; i < size(); ++i) {
      const std::string& of = OrderAt(i).seller_open_id();
      if (IsForeign(i) || own_.contains(i) || (!of.empty() && of != seller)) continue;
      const OrderFit fit = wanted_.FitOf(evidence_.orders[i]);
      if (fit == OrderFit::kExcluded) continue;
      possible_.insert(i);
      const bool certain = fit == OrderFit::kFits && !IsClaimed(i);
      if (certain) fitting.push_back(i);
      others = others || (fit >= OrderFit::kPossible && !certain);
      unlikely = unlikely || fit == OrderFit::kUnlikely;
    }
    if (trusted_ && !others && !fitting.empty() && AreOnlyOurs(fitting) && Hold(fitting, lines)) {
      found_.insert(fitting.begin(), fitting.end());
      return;
    }
    const bool absent =
        trusted_ && !others && !unlikely && fitting.empty() && !HintsAtAnOrder(placement_);
    auto& into = absent ? finding_.absent_lines : finding_.unclear_lines;
    into.insert(into.end(), lines.begin(), lines.end());
  }

  bool AreOnlyOurs(const std::vector<int>& orders) {
    if (!rivals_.has_value()) {
      rivals_.emplace();
      for (const LookupTask& task : evidence_.neighbours.unsettled) {
        if (!(KeyOf(*task.row.placement) == key_)) rivals_->emplace_back(task);
      }
    }
    return std::none_of(orders.begin(), orders.end(), [this](int order) {
      return std::any_of(rivals_->begin(), rivals_->end(), [&](const WantedOrder& rival) {
        return rival.FitOf(evidence_.orders[order]) >= OrderFit::kPossible;
      });
    });
  }

  // Together exactly what the lines ask for.
  bool Hold(const std::vector<int>& orders, const std::vector<int>& lines) const {
    const GoodsQuantities asked = wanted_.QuantitiesOf(lines);
    GoodsQuantities held;
    for (int order : orders) wanted_.AddQuantities(OrderAt(order), &held);
    return !asked.contains("") && held == asked;
  }

  CargoMatch MatchListed(const std::set<int>& orders) const {
    google::protobuf::RepeatedPtrField<v1::Order> listed;
    bool complete = true;
    for (int order : orders) {
      *listed.Add() = OrderAt(order);
      complete = complete && !evidence_.orders[order].damaged;
    }
    return MatchCargo(wanted_.batch(), listed, complete);
  }

  void MakeResults() {
    std::set<int> ours = own_;
    ours.insert(found_.begin(), found_.end());
    const CargoMatch match = MatchListed(ours);
    std::map<int, LineNumbers> lines_of;
    int position = 0;
    for (int order : ours) lines_of[order] = match.lines_of_order[position++];
    for (int result = 0; result < placement_.results_size(); ++result) KeepResult(result, lines_of);
    for (int order : ours) {
      if (!told_.contains(order)) AddOrder(order, lines_of[order], finding_.results.emplace_back());
    }
    // The same judge as for an answer has the last word.
    for (size_t line = 0; line < line_states_.size(); ++line) {
      const int index = static_cast<int>(line);
      const bool absent =
          std::binary_search(finding_.absent_lines.begin(), finding_.absent_lines.end(), index);
      if (line_states_[line] == LineState::kOpen && !match.answered[line] && !absent)
        finding_.unclear_lines.push_back(index);
    }
  }

  void KeepResult(int index, const std::map<int, LineNumbers>& lines_of) {
    const v1::OrderResult& known = placement_.results(index);
    if (IsPlaced(known)) {
      v1::OrderResult& kept = finding_.results.emplace_back(known);
      const int listed = ListedFormOf(index);
      if (listed < 0) return;
      told_.insert(listed);
      const bool settled =
          !known.cargo_indexes().empty() && !kept.order_id_inexact() &&
          std::all_of(known.cargo_indexes().begin(), known.cargo_indexes().end(),
                      [this](int line) { return line_states_[line] == LineState::kPlaced; });
      if (!settled) AddOrder(listed, lines_of.at(listed), kept);
      return;
    }
    if (known.outcome() != v1::ORDER_OUTCOME_REFUSED) return;
    v1::OrderResult refused = known;
    refused.clear_cargo_indexes();
    for (int line : known.cargo_indexes()) {
      if (line_states_[line] == LineState::kRefused) refused.add_cargo_indexes(line);
    }
    if (!refused.cargo_indexes().empty()) finding_.results.push_back(std::move(refused));
  }

  int ListedFormOf(int result) const {
    const auto exact = exact_of_result_.find(result);
    if (exact != exact_of_result_.end()) return exact->second;
    const std::string& id = IdOf(placement_.results(result).order());
    const auto listed = std::find_if(own_.begin(), own_.end(),
                                     [&](int order) { return IdOf(OrderAt(order)) == id; });
    return listed == own_.end() ? -1 : *listed;
  }

  void AddOrder(int order, const LineNumbers& lines, v1::OrderResult& result) const {
    result.set_outcome(v1::ORDER_OUTCOME_PLACED);
    result.set_order_id_inexact(false);
    if (!OrderAt(order).seller_open_id().empty())
      result.set_seller_open_id(OrderAt(order).seller_open_id());
    result.mutable_cargo_indexes()->Assign(lines.begin(), lines.end());
    *result.mutable_order() = OrderAt(order);
  }

  void MakeCandidates() {
    std::map<std::string, int> by_id;
    for (int order : possible_) {
      if (EvidenceOf(OrderAt(order)) == OrderIdEvidence::kExact)
        by_id[IdOf(OrderAt(order))] = order;
    }
    for (const auto& [id, order] : by_id) {
      if (finding_.candidates.size() == kMostCandidates) return;
      v1::OrderCandidate& candidate = finding_.candidates.emplace_back();
      candidate.set_order_id(id);
      candidate.set_seller_open_id(OrderAt(order).seller_open_id());
      if (OrderAt(order).base_info().has_create_time())
        *candidate.mutable_create_time() = OrderAt(order).base_info().create_time();
    }
  }

  const LookupEvidence& evidence_;
  const v1::Placement& placement_;
  const WantedOrder wanted_;
  const PlacementKey key_;
  LookupFinding finding_;
  std::set<std::string> own_ids_;
  std::set<std::string> foreign_ids_;
  std::set<std::string> claimed_keys_;  // RoundedIdKeys of other placements
  std::vector<LineState> line_states_;
  std::set<int> own_;                   // ours by id
  std::set<int> found_;                 // ours by what they hold
  std::set<int> possible_;              // may be ours
  std::set<int> told_;                  // have a result already
  std::map<int, int> exact_of_result_;  // results with a rounded id
  std::optional<std::vector<WantedOrder>> rivals_;
  bool trusted_ = false;
};

}  // namespace

LookupFinding MatchLookup(const LookupEvidence& evidence) { return Matching(evidence).Match(); }

}  // namespace order1688
