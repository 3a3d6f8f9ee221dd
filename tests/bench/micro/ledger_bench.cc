// What a placement costs in the ledger: its row before the send, and its outcome after.
#include <filesystem>
#include <memory>
#include <string>

#include "benchmark/benchmark.h"
#include "common/clock.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/bench/micro/ledger_writers.h"
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

}  // namespace
}  // namespace order1688
