// The second process of sqlite_ledger_test. Usage: sqlite_ledger_child PATH: opens the ledger,
// reserves placements "0", "1", ... and prints each id in the moment that it is fresh, until
// killed. Exit code 3: the ledger refused, the reason is on stdout.
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/sample_placement.h"

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  const order1688::SystemClock clock;
  absl::StatusOr<std::unique_ptr<order1688::SqliteLedger>> ledger =
      order1688::SqliteLedger::Open(argv[1], {}, clock);
  if (!ledger.ok()) {
    std::cout << ledger.status().message() << std::endl;
    return 3;
  }
  for (int id = 0;; ++id) {
    const absl::StatusOr<order1688::Reserved> reserved =
        order1688::ReserveAndWait(**ledger, order1688::SampleReservation(std::to_string(id)));
    if (!reserved.ok() || reserved->outcome != order1688::ReserveOutcome::kFresh) return 4;
    const std::string line = std::to_string(id) + "\n";
    if (write(STDOUT_FILENO, line.data(), line.size()) < 0) return 5;
  }
}
