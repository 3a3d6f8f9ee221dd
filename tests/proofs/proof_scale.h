// How much a proof does: little in every test run, much in bazel-free-scripts/soak.sh.
#ifndef ORDER1688_TESTS_PROOFS_PROOF_SCALE_H_
#define ORDER1688_TESTS_PROOFS_PROOF_SCALE_H_

#include <cstdlib>

namespace order1688 {

// The number in the environment variable `name`, or `usual` if there is none.
inline int ProofScale(const char* name, int usual) {
  const char* text = std::getenv(name);
  const int number = text == nullptr ? 0 : std::atoi(text);
  return number > 0 ? number : usual;
}

}  // namespace order1688

#endif  // ORDER1688_TESTS_PROOFS_PROOF_SCALE_H_
