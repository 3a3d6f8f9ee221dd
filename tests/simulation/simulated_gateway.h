// The gateway of the simulation: it knows which orders really exist.
#ifndef ORDER1688_TESTS_SIMULATION_SIMULATED_GATEWAY_H_
#define ORDER1688_TESTS_SIMULATION_SIMULATED_GATEWAY_H_

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/upstream/http_transport.h"
#include "tests/simulation/seeded_choice.h"
#include "tests/simulation/simulation_counts.h"
#include "tests/support/fake_clock.h"

namespace order1688 {

// One attempt of a placement: (caller, request_id), attempt.
using AttemptKey = std::pair<std::pair<std::string, std::string>, int>;

// What a body asks for: one line of each of "seller-1" and "seller-2", for one receiver.
struct Purchase {
  int quantity = 1;
  int receiver = 0;  // 0 to kReceivers - 1

  static constexpr int kReceivers = 3;
};

// How the gateway's order list behaves for a whole life.
enum class ListHabit {
  kSound,             // right, but for single faults
  kAlwaysEmpty,       // as after a query that it does not understand
  kWithoutReceivers,  // never says who receives
  kHidesOrders,       // counts all orders, and leaves out the newest of each page
};

// Has a clock of its own, makes orders, and lists them.
class SimulatedGateway {
 public:
  // `clock` gives the time that passes, its wall clock is not ours.
  SimulatedGateway(const FakeClock& clock, SeededChoice& choice, SimulationCounts& counts);

  // By its own clock.
  absl::Time Now() const;
  absl::Duration skew() const { return skew_; }
  ListHabit list_habit() const { return list_habit_; }
  // How long a new order is not listed yet.
  absl::Duration list_lag() const { return list_lag_; }

  // Whether it takes a signature of that time now: at most 600 s from its clock.
  bool Takes(absl::Time sign_time) const;

  // Handles a body now: makes orders or none, and answers, or fails to.
  HttpResult Order(const AttemptKey& attempt, const Purchase& purchase, absl::Time sign_time);

  // Somebody buys the same goods by hand, for a receiver of their own.
  void OrderByHand();

  // Answers a question for a page of the order list by what exists now; `faults`: or wrongly.
  HttpResult List(const HttpRequest& request, bool faults);

  // Ids of the orders that the attempt has made; empty if none.
  const std::set<std::string>& OrdersOf(const AttemptKey& attempt) const;
  // The attempts of ours that made orders.
  const std::map<AttemptKey, std::set<std::string>>& orders() const { return orders_; }
  // The last fate of a body, or of a page, in a word.
  const std::string& last_fate() const { return last_fate_; }

 private:
  struct Listed {
    absl::Time created;
    std::string id;
    std::string text;  // JSON but for the receiver and the end
    std::string receiver;
  };

  std::string MakeOrder(const Purchase& purchase, int seller);
  HttpResult Page(const HttpRequest& request, absl::string_view fault) const;
  HttpResult Dated(HttpResult result) const;

  const FakeClock& clock_;
  SeededChoice& choice_;
  SimulationCounts& counts_;
  const absl::Duration skew_;
  const ListHabit list_habit_;
  const absl::Duration list_lag_;
  int serial_ = 0;
  std::vector<Listed> listed_;  // oldest first
  std::map<AttemptKey, std::set<std::string>> orders_;
  const std::set<std::string> none_;
  std::string last_fate_;
};

// The wall clock that is right, for a time since boot.
absl::Time TrueTime(absl::Duration since_boot);

// The time that a request was signed at.
absl::Time SignTimeOf(const HttpRequest& request);

}  // namespace order1688

#endif  // ORDER1688_TESTS_SIMULATION_SIMULATED_GATEWAY_H_
