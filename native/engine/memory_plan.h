#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "program/program.h"

namespace gdws {

/// Where the bytes of a value are during a run.
struct Place {
  enum class Kind { unused, arena, output, input, constant } kind = Kind::unused;
  size_t offset = 0;   ///< in the arena, or in the output
  int32_t index = -1;  ///< of the output, input or constant
};

/// Where every value of a program lies. Temporaries share one arena by lifetime; outputs are written to the caller's
/// memory; inputs of a concatenation lie within its result where that is possible.
struct MemoryPlan {
  std::vector<Place> places;       ///< by value id
  std::vector<bool> outputCopied;  ///< outputs that are no operation's own result and are copied at the end
  size_t arenaBytes = 0;
};

/// Plans `program` by one rule: the bytes that an operation writes are disjoint from every byte that it or a later
/// operation still reads, and from its scratch memory. There are two exceptions:
/// - output 0 may be the very bytes of input `overwrites[i]` of operation i, if that is one, which its kernel's
///   definition names (KernelDefinition::overwrites); no other operand may share a byte with that input;
/// - an input of a concatenation may lie at its very place in the result.
/// The first `reservedBytes` of the arena are left to the operations' scratch memory. verify_plan.h checks the rule.
MemoryPlan planMemory(const Program& program, const std::vector<int32_t>& overwrites, size_t reservedBytes);

}  // namespace gdws
