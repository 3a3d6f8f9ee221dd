// The stores that every proof runs over.
#ifndef ORDER1688_TESTS_PROOFS_PROOF_LEDGER_H_
#define ORDER1688_TESTS_PROOFS_PROOF_LEDGER_H_

#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace order1688 {

enum class LedgerKind { kSqlite };

inline std::string NameOf(LedgerKind) { return "Sqlite"; }
inline void PrintTo(LedgerKind kind, std::ostream* out) { *out << NameOf(kind); }

// One store, empty at first, that outlives the servers in front of it.
class ProofLedger {
 public:
  explicit ProofLedger(LedgerKind kind) : kind_(kind) {}

  // The `ledger { … }` of a server's configuration.
  std::string config() const {
    return absl::StrCat("ledger { sqlite { path: \"", file(), "\" } }\n");
  }

  // Whether several servers may use it at once.
  bool shared() const { return false; }

  // How long after its sender died a row may still be SENDING: not at all, because the next server
  // knows that the one before it is dead.
  absl::Duration longest_open() const { return absl::ZeroDuration(); }

  // The SQLite file.
  std::string file() const { return folder_.File("ledger.db"); }

  LedgerKind kind() const { return kind_; }

 private:
  const LedgerKind kind_;
  TempFolder folder_;
};

// Instantiates a proof for every store.
#define ORDER1688_PROVE_ON_EVERY_LEDGER(Proof)                  \
  INSTANTIATE_TEST_SUITE_P(                                     \
      EveryLedger, Proof, testing::Values(LedgerKind::kSqlite), \
      [](const testing::TestParamInfo<LedgerKind>& info) { return NameOf(info.param); })

}  // namespace order1688

#endif  // ORDER1688_TESTS_PROOFS_PROOF_LEDGER_H_
