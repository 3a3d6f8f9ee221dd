// What the contract of Ledger is tested on.
#ifndef ORDER1688_TESTS_CONTRACT_LEDGER_STORE_H_
#define ORDER1688_TESTS_CONTRACT_LEDGER_STORE_H_

#include "server/ledger/ledger.h"

namespace order1688 {

// A store under test, with a new ledger.
class Store {
 public:
  virtual ~Store() = default;
  virtual Ledger& ledger() = 0;
  // True if its one clock is the wall clock of all its servers.
  virtual bool LeasesFollowTheWallClock() const { return false; }
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_CONTRACT_LEDGER_STORE_H_
