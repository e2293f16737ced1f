#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "program/program.h"

namespace gdws {

/// Where a value lies within the result of a concatenation: it is computed there, so that nothing has to be copied.
struct ConcatPlacement {
  int32_t concatId = -1;  ///< value id of the result; -1 where the value lies in no result
  size_t offset = 0;      ///< in bytes, in the result
};

/// Finds, by value id, the inputs of concatenations that can be computed in place. Each input is contiguous in the
/// result: all axes before that of the concatenation are 1. An input is copied instead where it lies in the result of
/// an earlier concatenation, where `mayMove` is false, and where its place is not aligned. `root` names the value whose
/// memory a value shares.
std::vector<ConcatPlacement> placeInConcats(const Program& program, const std::vector<int32_t>& root,
                                            const std::vector<bool>& mayMove);

}  // namespace gdws
