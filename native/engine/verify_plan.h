#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/memory_plan.h"
#include "program/program.h"

namespace gdws {

/// A memory plan breaks the rule of memory_plan.h. This is a defect of the planner, never of a program.
class PlanError : public std::logic_error {
 public:
  PlanError(const std::string& message, int32_t operationIndex)
      : std::logic_error("the memory plan is wrong: " + message), operation(operationIndex) {}
  int32_t operation;  ///< index of the operation at which it is broken, or -1
};

/// Checks the rule of memory_plan.h for every operation of `program` against every value that is alive then, byte range
/// by byte range, and that every place is within its memory. It uses nothing of the planner but the plan: it finds from
/// the operations when each value is written and last read. `overwrites` and `reservedBytes` are those of planMemory.
/// Its time is proportional to the number of operations times that of values alive. Throws PlanError.
void verifyPlan(const Program& program, const std::vector<int32_t>& overwrites, size_t reservedBytes,
                const MemoryPlan& plan);

/// Whether compilations verify their plans: where the environment variable GDWS_VERIFY_PLANS is "on", and always in
/// builds with a sanitizer.
bool plansAreVerified();

}  // namespace gdws
