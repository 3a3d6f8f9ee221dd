// Keeps a ledger busy as so many calls at once would.
#ifndef ORDER1688_TESTS_BENCH_MICRO_LEDGER_WRITERS_H_
#define ORDER1688_TESTS_BENCH_MICRO_LEDGER_WRITERS_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "common/shared_text.h"
#include "order1688/v1/placement.pb.h"
#include "server/ledger/ledger.h"

namespace order1688 {

// Reserves and records placements of the sample order. Used by one thread; `ledger` must outlive
// it.
class LedgerWriters {
 public:
  // At most `at_once` placements are under way.
  LedgerWriters(Ledger& ledger, int at_once);

  // Starts one placement, as soon as fewer than `at_once` are under way.
  void StartOne();

  // Waits until none is under way; returns whether the ledger wrote every row. Call it last.
  bool AwaitAll();

 private:
  void Record(const LedgerRow& row);
  void Finish(bool written);

  Ledger& ledger_;
  const int at_once_;
  const v1::Placement outcome_;
  const std::string request_;
  const SharedText raw_answer_;
  int64_t started_ = 0;

  std::mutex mutex_;
  std::condition_variable fewer_;
  int under_way_ = 0;    // guarded by mutex_
  bool failed_ = false;  // guarded by mutex_
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_MICRO_LEDGER_WRITERS_H_
