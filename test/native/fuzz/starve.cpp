// Executes every file of the fuzzer's corpus again and again, refusing one allocation after the other:
//   starve_programs <file>...
// Each time it must throw std::bad_alloc, or end with an outcome where the allocation is not essential, and must
// release all memory. Prints one JSON line: how many programs there were, and how many allocations were refused.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <new>
#include <string>
#include <vector>

#include "base/counters.h"
#include "native/fuzz/execute.h"

namespace {

constexpr int64_t never = -1;
/// Allocations of this thread that are still granted before one is refused.
thread_local int64_t granted = never;
std::atomic<int64_t> refused{0};
std::atomic<int64_t> blocks{0};

bool isRefused() {
  if (granted == never) return false;
  if (granted-- > 0) return false;
  // Only one is refused: the code that handles it may allocate.
  granted = never;
  ++refused;
  return true;
}

void* allocate(size_t bytes) {
  void* const memory = isRefused() ? nullptr : std::malloc(std::max<size_t>(bytes, 1));
  if (memory == nullptr) throw std::bad_alloc();
  ++blocks;
  return memory;
}

void release(void* memory) noexcept {
  if (memory != nullptr) --blocks;
  std::free(memory);
}

}  // namespace

void* operator new(size_t bytes) { return allocate(bytes); }
void* operator new[](size_t bytes) { return allocate(bytes); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t) noexcept { release(memory); }
void operator delete[](void* memory, size_t) noexcept { release(memory); }

/// The allocators of weights, working memory and scratch memory.
extern "C" void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  void* memory = nullptr;
  return isRefused() || posix_memalign(&memory, alignment, bytes) != 0 ? nullptr : memory;
}

namespace gdws::test {

namespace {

[[noreturn]] void fail(const std::string& name, int64_t allocation, const char* what) {
  std::fprintf(stderr, "%s, allocation %lld refused: %s\n", name.c_str(), static_cast<long long>(allocation), what);
  std::exit(1);
}

/// Whether there is an allocation of this number, counted from 0.
bool executeWithout(int64_t allocation, const ProgramInput& input, const std::string& name) {
  const int64_t before = blocks, refusedBefore = refused;
  granted = allocation;
  try {
    execute(input);
  } catch (const std::bad_alloc&) {
  }
  granted = never;
  const Counters& counters = Counters::instance();
  if (blocks != before) fail(name, allocation, "blocks are left");
  if (counters.weightBytes != 0 || counters.arenaBytes != 0)
    fail(name, allocation, "weights or working memory are left");
  return refused > refusedBefore;
}

int64_t starve(const std::string& name) {
  std::ifstream stream(name, std::ios::binary);
  if (!stream) fail(name, 0, "the file cannot be read");
  const std::vector<uint8_t> file{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const ProgramInput input = ProgramInput::parse(file.data(), file.size());
  // Memory that the process allocates once and keeps does not count.
  Counters::instance();
  execute(input);
  int64_t allocation = 0;
  // Each of the first ones; the more there are, the fewer of the others.
  while (executeWithout(allocation, input, name)) allocation += 1 + allocation / 64;
  return allocation;
}

}  // namespace

}  // namespace gdws::test

int main(int count, char** names) {
  for (int i = 1; i < count; ++i) {
    // A crash or a hang names its file: the last one.
    std::fprintf(stderr, "%s\n", names[i]);
    gdws::test::starve(names[i]);
  }
  std::printf("{\"programs\":%d,\"refused\":%lld}\n", count - 1, static_cast<long long>(refused.load()));
}
