// What the program asks of its machine before it starts anything.
#ifndef ORDER1688_SERVER_PROCESS_LIMITS_H_
#define ORDER1688_SERVER_PROCESS_LIMITS_H_

namespace order1688 {

// Raises the limit of open files to what is allowed: with too few the listener of gRPC 1.51 stops
// accepting for ever (CVE-2023-4785). Keeps malloc to one arena per core, and tcmalloc, where it is
// linked, to 4 MB in the caches of its threads: either keeps what its threads once used. Ends
// Abseil's search for deadlocks, which Debian builds into every lock that gRPC takes. Becomes a
// batch program for the scheduler: a thread that is woken does not take the core from another
// thread of ours, so that it finds more to do when it runs (a sixth less CPU per order on a busy
// core; nothing changes where a core is free). What the machine refuses is left as it is. Call it
// before any thread starts.
void SetProcessLimits();

}  // namespace order1688

#endif  // ORDER1688_SERVER_PROCESS_LIMITS_H_
