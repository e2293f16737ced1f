// Runs every kernel of the table against its reference on random cases.
//   kernel_tests [--operation <name>] [--kernel <name>] [--cases <per operation>] [--seed <first>]
// Prints one JSON line: the instruction set, how often each kernel ran, failures, and which operations on floats are
// left to their reference. Exit code 1 where there are failures.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "kernels/registry.h"
#include "native/choices.h"
#include "native/generators.h"
#include "native/processor.h"
#include "native/run.h"

namespace gdws::test {

namespace {

struct Options {
  std::string operation;
  std::string kernel;
  uint64_t cases = 200;
  uint64_t seed = 1;
};

struct Report {
  std::map<std::string, int> runs;
  int refused = 0;  ///< hostile variants that make() refused
  int failures = 0;
  std::map<std::string, int> left;  ///< to the reference, by operation

  void fail(const char* kernel, uint64_t seed, Threads threads, const TestCase& testCase, const std::string& what) {
    // A few messages are enough; the count is in the report.
    if (++failures > 20) return;
    std::fprintf(stderr, "%s seed %llu threads %d of %d:%s\n  %s\n", kernel, static_cast<unsigned long long>(seed),
                 threads.team, threads.most, testCase.describe().c_str(), what.c_str());
  }
};

void checkKernels(const Options& options, uint64_t seed, const TestCase& testCase, Random& random, Report& report) {
  const auto kernels = kernelsOf(testCase.operation().opcode);
  const KernelDefinition& reference = *kernels.back();
  const bool aligned = random.chance(0.5);
  const Results expected = runKernel(reference, testCase, {}, aligned);
  Results magnitudes;
  if (testCase.tolerance.sumOfTerms) magnitudes = runKernel(reference, testCase.magnitudes(), {}, true);
  const Results spread = largestOf(magnitudes);
  const auto most = static_cast<int>(random.integer(1, 3));
  const Threads threads{most, static_cast<int>(random.integer(1, most))};
  for (const KernelDefinition* kernel : kernels) {
    if (!options.kernel.empty() && options.kernel != kernel->name) continue;
    if (!kernel->supports(testCase.view(), contextFor(threads.most))) continue;
    const Results results = runKernel(*kernel, testCase, threads, aligned);
    // A Winograd output is a sum over its whole tile, whose larger terms cancel.
    const bool transformed = std::strstr(kernel->name, ".winograd") != nullptr;
    const Results* scale = !testCase.tolerance.sumOfTerms ? nullptr : transformed ? &spread : &magnitudes;
    const std::string problem = compare(testCase, results, expected, scale);
    if (!problem.empty()) report.fail(kernel->name, seed, threads, testCase, problem);
    if (threads.team < threads.most && runKernel(*kernel, testCase, {most, most}, aligned) != results) {
      report.fail(kernel->name, seed, threads, testCase, "other bits than with all threads");
    }
    if (mayOverwrite(*kernel, testCase)) {
      const std::string inPlace =
          compare(testCase, runKernel(*kernel, testCase, threads, aligned, true), expected, scale);
      if (!inPlace.empty()) report.fail(kernel->name, seed, threads, testCase, "in place: " + inPlace);
    }
    ++report.runs[kernel->name];
  }
}

/// Attributes as a hostile or mistaken program might have them: every kernel must refuse them by ProgramError or accept
/// them, and never crash.
void checkHostile(const TestCase& good, Random& random, Report& report) {
  TestCase testCase = good;
  testCase.bindConstants();
  Operation& operation = testCase.operation();
  const int changes = static_cast<int>(random.integer(1, 3));
  for (int i = 0; i < changes; ++i) {
    if (!operation.ints.empty() && random.chance(0.6)) {
      operation.ints[static_cast<size_t>(random.integer(0, static_cast<int64_t>(operation.ints.size()) - 1))] =
          random.choose<int32_t>({INT32_MIN, -1, 0, 1, 2, 3, 1 << 16, INT32_MAX});
    } else if (random.chance(0.3)) {
      operation.ints.resize(static_cast<size_t>(random.integer(0, static_cast<int64_t>(operation.ints.size()))));
    } else if (random.chance(0.2)) {
      operation.floats.clear();
    } else if (random.chance(0.3)) {
      operation.inputs.resize(static_cast<size_t>(random.integer(0, static_cast<int64_t>(operation.inputs.size()))));
    } else if (!operation.inputs.empty()) {
      const auto input = static_cast<size_t>(random.integer(0, static_cast<int64_t>(operation.inputs.size()) - 1));
      operation.inputs[input] = random.choose<int32_t>({-1, operation.inputs.front(), operation.inputs.back()});
    }
  }
  for (const KernelDefinition* kernel : kernelsOf(operation.opcode)) {
    try {
      if (kernel->supports(testCase.view(), contextFor(2)))
        kernel->make(testCase.view(), contextFor(2))->scratchBytes(2);
    } catch (const ProgramError&) {
      ++report.refused;
    }
  }
}

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i];
    if (name == "--operation") options.operation = words[i + 1];
    if (name == "--kernel") options.kernel = words[i + 1];
    if (name == "--cases") options.cases = std::strtoull(words[i + 1], nullptr, 10);
    if (name == "--seed") options.seed = std::strtoull(words[i + 1], nullptr, 10);
  }
  return options;
}

const char* nameOf(Opcode opcode) {
#define GDWS_NAME(name) #name,
  static const char* const names[] = {GDWS_OPCODES(GDWS_NAME)};
#undef GDWS_NAME
  return names[static_cast<int>(opcode)];
}

Report check(const Options& options) {
  Report report;
  if (const std::string found = processorDisagreements(); !found.empty()) {
    ++report.failures;
    std::fprintf(stderr, "The compiler says otherwise of this processor:%s\n", found.c_str());
  }
  // Kernels that no case reaches appear in the report, too.
  for (const KernelDefinition& kernel : kernelTable()) {
    if (!options.operation.empty() && options.operation != nameOf(kernel.opcode)) continue;
    if (options.kernel.empty() || options.kernel == kernel.name) report.runs[kernel.name] = 0;
  }
  for (const Generator& generator : generators()) {
    if (!options.operation.empty() && options.operation != nameOf(generator.opcode)) continue;
    for (uint64_t seed = options.seed; seed < options.seed + options.cases; ++seed) {
      Random random(seed);
      TestCase testCase = generator.generate(random);
      testCase.bindConstants();
      try {
        checkKernels(options, seed, testCase, random, report);
        report.left[nameOf(generator.opcode)] += isLeftToReference(testCase, 2);
      } catch (const ProgramError& error) {
        report.fail("make", seed, {}, testCase, error.what());
      }
      checkHostile(testCase, random, report);
    }
  }
  if (options.operation.empty() && options.kernel.empty()) {
    for (const auto& [operation, count] : windowsLeftToReference()) report.left[operation] += count;
  }
  return report;
}

}  // namespace

}  // namespace gdws::test

int main(int count, char** words) {
  using namespace gdws;
  const test::Report report = test::check(test::parse(count, words));
  std::printf("{\"instructionSet\":\"%s\",\"failures\":%d,\"refused\":%d,\"runs\":{",
              nameOf(bestVectors().instructionSet), report.failures, report.refused);
  const char* separator = "";
  for (const auto& [kernel, runs] : report.runs) {
    std::printf("%s\"%s\":%d", separator, kernel.c_str(), runs);
    separator = ",";
  }
  std::printf("},\"leftToReference\":{");
  separator = "";
  for (const auto& [operation, count] : report.left) {
    std::printf("%s\"%s\":%d", separator, operation.c_str(), count);
    separator = ",";
  }
  std::printf("}}\n");
  return report.failures == 0 ? 0 : 1;
}
