#pragma once

#include <string>
#include <vector>

#include "kernels/kernel.h"
#include "native/test_case.h"

namespace gdws::test {

/// The bytes of each output of a case.
using Results = std::vector<std::vector<std::byte>>;

/// Of a kernel: a run may have fewer than it was made for.
struct Threads {
  int most = 1;
  int team = 1;
};

/// Runs a kernel as the engine does: a constant that it does not read is null, scratch and outputs are filled with NaN
/// bytes, memory ends at a guard page. Inputs are aligned to no more than their element where `aligned` is false. Where
/// `inPlace` is true, output 0 is written over the input that the kernel may overwrite, which must have its size.
/// It is made for `threads.most` threads, and run by `threads.team`.
Results runKernel(const KernelDefinition& definition, const TestCase& testCase, Threads threads, bool aligned,
                  bool inPlace = false);

/// Whether the engine may ask the kernel to write output 0 over input 0.
bool mayOverwrite(const KernelDefinition& definition, const TestCase& testCase);

/// Empty where the results agree within the case's tolerance, else what differs. `magnitudes` is null or gives the sum
/// of the terms' absolute values of each element.
std::string compare(const TestCase& testCase, const Results& results, const Results& expected,
                    const Results* magnitudes);

/// Every element replaced by the largest of its output; outputs of float32.
Results largestOf(const Results& results);

/// The kernels of the table for an opcode; the reference is the last.
std::vector<const KernelDefinition*> kernelsOf(Opcode opcode);

/// A context of the instruction set in use.
KernelContext& contextFor(int threads);

}  // namespace gdws::test
