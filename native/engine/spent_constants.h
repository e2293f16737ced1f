#pragma once

#include <cstdint>
#include <vector>

#include "program/program.h"

namespace gdws {

/// For each operation, the constants whose bytes nothing needs once the kernels up to this one have been made.
/// Constants whose bytes overlap are spent together; those that an alias or an output names are never spent.
std::vector<std::vector<int32_t>> spentConstants(const Program& program);

/// Whether bytes lie within one of the constants, and touch no other of them.
bool isWithinOne(const Program& program, const std::vector<int32_t>& constants, const void* from, size_t bytes);

}  // namespace gdws
