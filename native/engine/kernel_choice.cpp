#include "engine/kernel_choice.h"

#include <algorithm>

#include "base/counters.h"
#include "engine/measured_kernels.h"
#include "engine/operation_key.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

bool matches(const KernelDefinition& definition, const std::string& preference) {
  const std::string name = definition.name;
  return name == preference || name.substr(name.find('.') + 1) == preference;
}

bool runs(const KernelDefinition& definition, const OperationView& operation, const KernelContext& context) {
  return definition.opcode == operation.opcode() && definition.supports(operation, context);
}

}  // namespace

std::vector<Rival> rivalsFor(const OperationView& operation, const KernelContext& context) {
  std::vector<Rival> rivals;
  for (const KernelDefinition& definition : kernelTable()) {
    const bool competes = definition.estimate != nullptr;
    const bool wanted = rivals.empty() || (competes && rivals.front().definition->estimate != nullptr);
    if (!wanted || !runs(definition, operation, context)) continue;
    rivals.push_back({&definition, competes ? definition.estimate(operation, context) : 0});
  }
  if (rivals.empty()) operation.fail("no kernel runs this operation");
  std::stable_sort(rivals.begin(), rivals.end(), [](const Rival& a, const Rival& b) { return a.cycles < b.cycles; });
  return rivals;
}

const KernelDefinition& KernelChoice::operator()(const OperationView& operation, const KernelContext& context) const {
  if (!preference.empty()) {
    for (const KernelDefinition& definition : kernelTable()) {
      if (matches(definition, preference) && runs(definition, operation, context)) return definition;
    }
  }
  const auto rivals = rivalsFor(operation, context);
  const KernelDefinition& expected = *rivals.front().definition;
  if (!measured || rivals.size() == 1) return expected;
  const KernelDefinition* fastest = MeasuredKernels::instance().find(keyOf(operation, context.threads));
  // A file may name a kernel that does not run this operation.
  const auto isFastest = [&](const Rival& rival) { return rival.definition == fastest; };
  if (std::none_of(rivals.begin(), rivals.end(), isFastest)) return expected;
  ++Counters::instance().measurementsReused;
  return *fastest;
}

}  // namespace gdws
