// What a placement costs in the ledger, its row before the send and its outcome after; and what
// SQLite alone takes for as many bytes.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "benchmark/benchmark.h"
#include "common/clock.h"
#include "server/ledger/sqlite_connection.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/bench/micro/ledger_writers.h"
#include "tests/bench/sample_order.h"
#include "tests/support/temp_folder.h"

namespace order1688 {
namespace {

// Argument: placements under way at once. The file is in the current folder, because the folder for
// temporary files may be in memory.
void PlaceInSqlite(benchmark::State& state) {
  const TempFolder folder(std::filesystem::current_path());
  const SystemClock clock;
  const absl::StatusOr<std::unique_ptr<SqliteLedger>> ledger =
      SqliteLedger::Open(folder.File("ledger.db"), {}, clock);
  if (!ledger.ok()) return state.SkipWithError(ledger.status().ToString().c_str());
  LedgerWriters writers(**ledger, static_cast<int>(state.range(0)));
  for (auto _ : state) writers.StartOne();
  if (!writers.AwaitAll()) state.SkipWithError("the ledger refused a row");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(PlaceInSqlite)->Arg(1)->Arg(8)->Arg(64)->MeasureProcessCPUTime()->UseRealTime();

// Keys, hashes, times and the placement as it is known before the send: what a row has beside the
// answer and its placement.
constexpr size_t kOtherBytes = 750;
constexpr int kCheckpointPages = 1000;

// What the ledger sets, and two tables of nothing but bytes.
absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenPlainTables(const std::string& path) {
  std::ofstream(path).close();
  absl::StatusOr<std::unique_ptr<SqliteConnection>> connection = SqliteConnection::Open(path);
  if (!connection.ok()) return connection;
  absl::Status made = (*connection)->Execute(R"sql(
      PRAGMA page_size = 8192;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE reserved (bytes BLOB NOT NULL);
      CREATE TABLE outcome (bytes BLOB NOT NULL);
  )sql");
  if (!made.ok()) return made;
  return connection;
}

absl::Status WriteTwice(SqliteConnection& connection, const std::string& reserved,
                        const std::string& outcome) {
  absl::Status status =
      SqliteQuery(connection, "INSERT INTO reserved VALUES (?)").Blob(reserved).Run();
  if (!status.ok()) return status;
  return SqliteQuery(connection, "INSERT INTO outcome VALUES (?)").Blob(outcome).Run();
}

// The floor of a placement in SQLite: no index, nothing sealed, looked up or handed over, one
// thread. Argument: how many calls one COMMIT makes durable; a placement has two.
void WriteInSqliteAlone(benchmark::State& state) {
  const TempFolder folder(std::filesystem::current_path());
  const auto connection = OpenPlainTables(folder.File("plain.db"));
  if (!connection.ok()) return state.SkipWithError(connection.status().ToString().c_str());
  SqliteConnection& sqlite = **connection;
  const std::string reserved(kOtherBytes, 'r');
  const std::string outcome(
      SampleResponse().placement().ByteSizeLong() + SampleAnswerText(1).size(), 'o');
  const int64_t placements_at_once = state.range(0) / 2;
  absl::Status status;
  int64_t written = 0;
  for (auto _ : state) {
    if (written++ % placements_at_once == 0) status.Update(sqlite.Execute("BEGIN IMMEDIATE"));
    status.Update(WriteTwice(sqlite, reserved, outcome));
    if (written % placements_at_once != 0) continue;
    status.Update(sqlite.Execute("COMMIT"));
    if (sqlite.log_pages() > kCheckpointPages) status.Update(sqlite.Checkpoint());
  }
  if (!status.ok()) state.SkipWithError(status.ToString().c_str());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(WriteInSqliteAlone)->Arg(16)->Arg(32)->Arg(64);

}  // namespace
}  // namespace order1688
