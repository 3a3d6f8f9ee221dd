// The stores that every proof runs over.
#ifndef ORDER1688_TESTS_PROOFS_PROOF_LEDGER_H_
#define ORDER1688_TESTS_PROOFS_PROOF_LEDGER_H_

#include <sys/stat.h>

#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temp_folder.h"

namespace order1688 {

enum class LedgerKind { kSqlite, kPostgres };

inline std::string NameOf(LedgerKind kind) {
  return kind == LedgerKind::kSqlite ? "Sqlite" : "Postgres";
}
inline void PrintTo(LedgerKind kind, std::ostream* out) { *out << NameOf(kind); }

// One store, empty at first, that outlives the servers in front of it.
class ProofLedger {
 public:
  explicit ProofLedger(LedgerKind kind) : kind_(kind) {
    if (kind_ == LedgerKind::kSqlite) return;
    WriteSecret("dsn", PostgresServer::Shared().NewSchemaDsn());
    WriteSecret("key", std::string(64, 'a'));
  }

  // The `ledger { … }` of a server's configuration.
  std::string config() const {
    if (kind_ == LedgerKind::kSqlite)
      return absl::StrCat("ledger { sqlite { path: \"", folder_.File("ledger.db"), "\" } }\n");
    return absl::StrCat("ledger { postgres { dsn_file: \"", folder_.File("dsn"),
                        "\" } encryption_key_files: \"", folder_.File("key"), "\" }\n");
  }

  // Whether several servers may use it at once.
  bool shared() const { return kind_ == LedgerKind::kPostgres; }

  // How long after its sender died a row may still be SENDING, with this timeout of the gateway.
  // Not at all with SQLite, where the next server knows that the one before it is dead.
  absl::Duration longest_open(absl::Duration timeout) const {
    return shared() ? timeout + absl::Seconds(60 + 30) : absl::ZeroDuration();
  }

 private:
  void WriteSecret(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.File(name)) << text << "\n";
    chmod(folder_.File(name).c_str(), 0600);
  }

  const LedgerKind kind_;
  TempFolder folder_;
};

// Every store that this machine has.
inline std::vector<LedgerKind> LedgersHere() {
  std::vector<LedgerKind> kinds = {LedgerKind::kSqlite};
  if (PostgresServer::IsInstalled()) kinds.push_back(LedgerKind::kPostgres);
  return kinds;
}

// Instantiates a proof for each of them.
#define ORDER1688_PROVE_ON_EVERY_LEDGER(Proof)              \
  INSTANTIATE_TEST_SUITE_P(                                 \
      EveryLedger, Proof, testing::ValuesIn(LedgersHere()), \
      [](const testing::TestParamInfo<LedgerKind>& info) { return NameOf(info.param); })

}  // namespace order1688

#endif  // ORDER1688_TESTS_PROOFS_PROOF_LEDGER_H_
