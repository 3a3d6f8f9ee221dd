// What the signature of one request costs.
#include "absl/time/time.h"
#include "benchmark/benchmark.h"
#include "common/request_signer.h"

namespace order1688 {
namespace {

constexpr char kNonce[] = "0123456789abcdef0123456789abcdef";

RequestSigner MakeSigner() {
  SigningKey key;
  key.access_key = "58c0201dfdf148eca63cbf6bb5e7cf03";
  key.access_secret = "secret-of-the-benchmark-32-chars";
  return *RequestSigner::Create(std::move(key));
}

void SignRequest(benchmark::State& state) {
  const RequestSigner signer = MakeSigner();
  const absl::Time now = absl::FromUnixSeconds(1767323045);
  for (auto _ : state) benchmark::DoNotOptimize(signer.Sign(now, kNonce));
}
BENCHMARK(SignRequest);

void MakeNonce(benchmark::State& state) {
  const RequestSigner signer = MakeSigner();
  for (auto _ : state) benchmark::DoNotOptimize(signer.NewNonce());
}
BENCHMARK(MakeNonce);

}  // namespace
}  // namespace order1688
