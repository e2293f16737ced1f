#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/program.h"

namespace gdws {

/// Where the bytes of a value are during a run.
struct Place {
  enum class Kind { unused, arena, output, input, constant } kind = Kind::unused;
  size_t offset = 0;   ///< in the arena, or in the output
  int32_t index = -1;  ///< of the output, input or constant
};

/// Where every value of a program lies. Temporaries share one arena by lifetime; outputs are written where the caller
/// wants them; inputs of a concatenation lie within its result where they can.
struct MemoryPlan {
  std::vector<Place> places;       ///< by value id
  std::vector<bool> outputCopied;  ///< outputs that are no operation's own result and are copied at the end
  size_t arenaBytes = 0;
};

/// Plans `program`. Operation i may write its output 0 over its input `overwrites[i]`, if that is one.
/// The first `reservedBytes` of the arena are left to the operations' scratch memory.
MemoryPlan planMemory(const Program& program, const std::vector<int32_t>& overwrites, size_t reservedBytes);

}  // namespace gdws
