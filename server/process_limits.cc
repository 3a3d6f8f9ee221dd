#include "server/process_limits.h"

#include <gperftools/malloc_extension_c.h>
#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "absl/synchronization/mutex.h"

// Where tcmalloc is not linked, it is null.
#pragma weak MallocExtension_SetNumericProperty

namespace order1688 {
namespace {

// Of all threads together.
constexpr size_t kThreadCacheBytes = size_t{8} << 20;

}  // namespace

void SetProcessLimits() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  if (MallocExtension_SetNumericProperty != nullptr) {
    MallocExtension_SetNumericProperty("tcmalloc.max_total_thread_cache_bytes", kThreadCacheBytes);
  }
  const sched_param no_priority{};
  sched_setscheduler(0, SCHED_BATCH, &no_priority);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace order1688
