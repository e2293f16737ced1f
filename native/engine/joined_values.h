#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "program/program.h"

namespace gdws {

/// A value that is computed where a concatenation wants it, so that nothing is left to copy.
struct Joint {
  int32_t whole = -1;  ///< the concatenation's result; -1 where the value lies for itself
  size_t at = 0;       ///< in bytes
};

/// Finds, by value id, the inputs of concatenations along the outermost axis that is not 1 that can be computed in
/// place. A value that several concatenations want goes to the first, the others copy it; so do they with what
/// `mayMove` denies and with what would lose its alignment. `root` names the value whose memory a value shares.
std::vector<Joint> joinValues(const Program& program, const std::vector<int32_t>& root,
                              const std::vector<bool>& mayMove);

}  // namespace gdws
