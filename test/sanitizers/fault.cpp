// Commits a deliberate fault, so that a run under a sanitizer can prove that it would see one: as a program of its own,
// and as an addon, when Node loads it. The environment variable GDWS_FAULT names the fault.

#include <node_api.h>
#include <omp.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>

namespace {

/// Reads one float beyond the end of memory from the heap.
int heapOverflow(int size) {
  const std::unique_ptr<volatile float[]> memory(new volatile float[static_cast<size_t>(size)]());
  return static_cast<int>(memory[static_cast<size_t>(size)]);
}

int useAfterFree(int size) {
  auto* memory = new volatile int[static_cast<size_t>(size)]();
  delete[] memory;
  return memory[0];
}

int signedOverflow(int size) {
  volatile int32_t large = INT32_MAX;
  return large + size;
}

int misalignedLoad(int size) {
  alignas(8) volatile char bytes[16] = {};
  return *reinterpret_cast<volatile int32_t*>(bytes + size % 2 + 1);
}

/// Two threads that write the same word without a lock.
int threadRace(int size) {
  int word = size;
  std::thread other([&word] { ++word; });
  ++word;
  other.join();
  return word;
}

/// A team that reads what another of its threads has written, without the barrier that a run has between operations.
int teamRace(int size) {
  int words[2] = {size, size};
  int sums[2] = {0, 0};
#pragma omp parallel num_threads(2)
  {
    const int index = omp_get_thread_num();
    words[index] = index;
    sums[index] = words[0] + words[1];
  }
  return sums[0] + sums[1];
}

/// The same with the barrier: no fault, which the sanitizer must not take for one.
int teamBarrier(int size) {
  int words[2] = {size, size};
  int sums[2] = {0, 0};
#pragma omp parallel num_threads(2)
  {
    const int index = omp_get_thread_num();
    words[index] = index;
#pragma omp barrier
    sums[index] = words[0] + words[1];
  }
  return sums[0] + sums[1];
}

struct Fault {
  const char* name;
  int (*commit)(int size);
};

constexpr Fault faults[] = {{"heap-overflow", heapOverflow},     {"use-after-free", useAfterFree},
                            {"signed-overflow", signedOverflow}, {"misaligned-load", misalignedLoad},
                            {"thread-race", threadRace},         {"team-race", teamRace},
                            {"team-barrier", teamBarrier}};

volatile int result;

/// False where there is no fault of that name.
bool commitFault() {
  const char* name = std::getenv("GDWS_FAULT");
  for (const Fault& fault : faults) {
    if (name == nullptr || std::strcmp(name, fault.name) != 0) continue;
    result = fault.commit(4);
    return true;
  }
  return false;
}

}  // namespace

#ifdef GDWS_FAULT_ADDON
NAPI_MODULE_INIT() {
  if (!commitFault()) napi_throw_error(env, nullptr, "GDWS_FAULT names no fault");
  return exports;
}
#else
int main() { return commitFault() ? 0 : 2; }
#endif
