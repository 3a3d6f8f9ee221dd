// Faults inside a real server process: kill -9 or SIGSTOP at a labelled point of the way of an
// order, a disk that fails, a wall clock that is wrong.
#ifndef ORDER1688_TESTS_SUPPORT_PROCESS_FAULTS_H_
#define ORDER1688_TESTS_SUPPORT_PROCESS_FAULTS_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace order1688 {

// Crash points, in the order of an order's way ("reserve" and "record" are the ledger's durable
// writes before and after the exchange with the gateway; torn: half of the bytes got through):
//   {before,torn}_reserve_write, {before,after}_reserve_sync, before_connect, {before,torn}_head,
//   {before,torn,after}_body, {before,torn,after}_answer_read, {before,torn}_record_write,
//   {before,after}_record_sync
// With PostgreSQL the write is a transaction and the sync its COMMIT; unread_{reserve,record}_sync
// is after the COMMIT was sent and before its answer was read.
// With "stop_" before it, a point that is not torn is a SIGSTOP instead.

// Faults of the disk, for as long as they are set.
inline constexpr char kDiskFull[] = "disk_full";    // a write leaves half of its bytes: ENOSPC
inline constexpr char kSyncFails[] = "sync_fails";  // fdatasync: EIO, nothing reached the disk

// Controls server processes that are started with environment(), one at a time: a preloaded library
// reads a file in `folder` before each step. Nothing happens until Set.
class ProcessFaults {
 public:
  ProcessFaults(std::string folder, int gateway_port);
  ~ProcessFaults();
  ProcessFaults(const ProcessFaults&) = delete;
  ProcessFaults& operator=(const ProcessFaults&) = delete;

  std::vector<std::string> environment() const;

  // From now on; "" for no fault. A crash point is for the next order that is sent.
  void Set(const std::string& fault) const;

  // Sets the wall clock of the process so far ahead of the machine's.
  void SetClock(absl::Duration ahead);

  // How often a fault of that name was carried out.
  int HitsOf(const std::string& fault) const;

 private:
  const std::string folder_;
  const int gateway_port_;
  std::atomic<int64_t>* const clock_ahead_ns_;  // shared with the process
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_PROCESS_FAULTS_H_
