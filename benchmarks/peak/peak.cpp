// Measures what the processor can do at most: independent fused multiply-adds on registers, on `threads` threads.
// Prints GFLOP/s (one multiply-add counts as two), the best of several trials.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));

// Enough to cover the latency of 4 or 5 cycles on two or more units, and few enough for 16 registers.
constexpr int kAccumulators = 12;

float work(long rounds, float seed) {
  Vector sums[kAccumulators];
  for (int i = 0; i < kAccumulators; ++i) sums[i] = Vector{} + seed * static_cast<float>(i);
  const Vector factor = Vector{} + 0.999f;
  const Vector term = Vector{} + seed;
  for (long round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kAccumulators; ++i) sums[i] = sums[i] * factor + term;
  }
  float total = 0;
  for (const Vector& sum : sums) total += sum[0];
  return total;
}

double trial(int threads, long rounds) {
  std::vector<float> results(static_cast<std::size_t>(threads));
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> team;
  for (int i = 0; i < threads; ++i) {
    team.emplace_back([&results, i, rounds] { results[static_cast<std::size_t>(i)] = work(rounds, 1e-3f); });
  }
  for (std::thread& thread : team) thread.join();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  volatile float sink = results[0];
  static_cast<void>(sink);
  return 2.0 * kLanes * kAccumulators * static_cast<double>(rounds) * threads / time.count() / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  if (threads < 1) return 2;
  double best = 0;
  for (int i = 0; i < 200; ++i) {
    const double rate = trial(threads, 1'000'000);
    if (rate > best) best = rate;
  }
  std::printf("%.1f\n", best);
}
