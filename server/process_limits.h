// What the program asks of its machine before it starts anything.
#ifndef ORDER1688_SERVER_PROCESS_LIMITS_H_
#define ORDER1688_SERVER_PROCESS_LIMITS_H_

namespace order1688 {

// Raises the limit of open files to what is allowed: with too few the listener of gRPC 1.51 stops
// accepting for ever (CVE-2023-4785). Keeps malloc to one arena per core, because each arena keeps
// for itself what its threads once used. Ends Abseil's search for deadlocks, which Debian builds
// into every lock that gRPC takes. Call it before any thread starts.
void SetProcessLimits();

}  // namespace order1688

#endif  // ORDER1688_SERVER_PROCESS_LIMITS_H_
