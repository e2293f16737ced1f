#include "native/run.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#if !defined(__wasm__)
#include <barrier>
#include <thread>
#endif

#include "kernels/registry.h"
#include "native/guarded_memory.h"

namespace gdws::test {

namespace {

#if defined(__wasm__)

/// There are no threads: what those of a team do, one after the other, as they cannot meet.
void runAll(Kernel& kernel, const Buffers& buffers, int threads) {
  for (int i = 0; i < threads; ++i) kernel.run(buffers, Team{i, threads});
}

#else

/// Of threads that are no OpenMP team.
class ThreadMeeting final : public Meeting {
 public:
  explicit ThreadMeeting(int threads) : barrier_(threads) {}
  void wait() const override { barrier_.arrive_and_wait(); }
  /// So that small cases meet too.
  double cycles() const override { return 0; }

 private:
  mutable std::barrier<> barrier_;
};

void runAll(Kernel& kernel, const Buffers& buffers, int threads) {
  const ThreadMeeting meeting(threads);
  std::vector<std::thread> team;
  for (int i = 1; i < threads; ++i) {
    team.emplace_back([&, i] { kernel.run(buffers, Team{i, threads, &meeting}); });
  }
  kernel.run(buffers, Team{0, threads, &meeting});
  for (std::thread& thread : team) thread.join();
}

#endif

/// Packs anew each time: cases share value indices.
struct Unshared final : PackedWeights {
  std::shared_ptr<const float[]> find(const std::string&,
                                      const std::function<std::shared_ptr<const float[]>()>& pack) override {
    return pack();
  }
};

constexpr std::byte garbage{0xff};  // four of them are a NaN

GuardedMemory copyOf(const std::vector<std::byte>& bytes, size_t alignment) {
  GuardedMemory memory(bytes.size(), alignment);
  std::copy(bytes.begin(), bytes.end(), memory.data());
  return memory;
}

bool near(double result, double expected, double magnitude, const Tolerance& tolerance) {
  if (!std::isfinite(expected)) return std::isnan(expected) ? std::isnan(result) : result == expected;
  const double bound = tolerance.relative * (std::fabs(expected) + magnitude) + tolerance.absolute;
  return std::fabs(result - expected) <= bound;  // false for NaN
}

float floatAt(const std::vector<std::byte>& bytes, size_t element) {
  float x;
  std::memcpy(&x, bytes.data() + element * sizeof x, sizeof x);
  return x;
}

}  // namespace

KernelContext& contextFor(int threads) {
  static Unshared unshared;
  static KernelContext context{bestVectors(), unshared, 1};
  context.threads = threads;
  return context;
}

std::vector<const KernelDefinition*> kernelsOf(Opcode opcode) {
  std::vector<const KernelDefinition*> found;
  for (const KernelDefinition& definition : kernelTable()) {
    if (definition.opcode == opcode) found.push_back(&definition);
  }
  return found;
}

bool mayOverwrite(const KernelDefinition& definition, const TestCase& testCase) {
  const Operation& operation = testCase.operation();
  const int32_t at = definition.overwrites;
  if (at < 0 || at >= static_cast<int32_t>(operation.inputs.size()) || operation.inputs[at] < 0) return false;
  const auto& values = testCase.program().values;
  return values[static_cast<size_t>(operation.inputs[at])].bytes() ==
         values[static_cast<size_t>(operation.outputs[0])].bytes();
}

Results runKernel(const KernelDefinition& definition, const TestCase& testCase, Threads threads, bool aligned,
                  bool inPlace) {
  const std::unique_ptr<Kernel> kernel = definition.make(testCase.view(), contextFor(threads.most));
  const Operation& operation = testCase.operation();
  std::vector<GuardedMemory> memory;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (size_t i = 0; i < operation.inputs.size(); ++i) {
    if (operation.inputs[i] < 0 || !kernel->readsInput(i)) {
      inputs.push_back(nullptr);
      continue;
    }
    const Value& value = testCase.program().values[static_cast<size_t>(operation.inputs[i])];
    memory.push_back(copyOf(testCase.operand(i), aligned ? 64 : bytesOf(value.type)));
    inputs.push_back(memory.back().data());
  }
  const size_t firstOutput = memory.size();
  for (const int32_t id : operation.outputs) {
    const Value& value = testCase.program().values[static_cast<size_t>(id)];
    memory.emplace_back(value.bytes(), aligned ? 64 : bytesOf(value.type));
    std::fill_n(memory.back().data(), value.bytes(), garbage);
    if (inPlace && outputs.empty()) {
      const auto at = static_cast<size_t>(definition.overwrites);
      std::copy(testCase.operand(at).begin(), testCase.operand(at).end(), memory.back().data());
      inputs[at] = memory.back().data();
    }
    outputs.push_back(memory.back().data());
  }
  const GuardedMemory scratch(kernel->scratchBytes(threads.team), 64);
  std::fill_n(scratch.data(), scratch.size(), garbage);

  runAll(*kernel, {inputs.data(), outputs.data(), scratch.data()}, threads.team);

  Results results;
  for (size_t k = firstOutput; k < memory.size(); ++k) {
    results.emplace_back(memory[k].data(), memory[k].data() + memory[k].size());
  }
  return results;
}

std::string compare(const TestCase& testCase, const Results& results, const Results& expected,
                    const Results* magnitudes) {
  for (size_t k = 0; k < expected.size(); ++k) {
    const Value& value = testCase.program().values[static_cast<size_t>(testCase.operation().outputs[k])];
    if (value.type != DataType::float32) {
      if (results[k] != expected[k]) return "output " + std::to_string(k) + " differs";
      continue;
    }
    for (size_t i = 0; i < value.elements; ++i) {
      const float result = floatAt(results[k], i);
      const float wanted = floatAt(expected[k], i);
      const double magnitude = magnitudes == nullptr ? 0 : floatAt((*magnitudes)[k], i);
      if (near(result, wanted, magnitude, testCase.tolerance)) continue;
      char text[160];
      std::snprintf(text, sizeof text, "element %zu of output %zu is %.9g instead of %.9g (terms sum to %.3g)", i, k,
                    double{result}, double{wanted}, magnitude);
      return text;
    }
  }
  return {};
}

Results largestOf(const Results& results) {
  Results all = results;
  for (std::vector<std::byte>& output : all) {
    float largest = 0;
    const size_t count = output.size() / sizeof(float);
    for (size_t i = 0; i < count; ++i) largest = std::max(largest, floatAt(output, i));
    for (size_t i = 0; i < count; ++i) std::memcpy(output.data() + i * sizeof(float), &largest, sizeof(float));
  }
  return all;
}

}  // namespace gdws::test
