#pragma once

#include <cstdint>
#include <vector>

#include "program/program.h"

namespace gdws {

/// For each operation, the constants whose bytes are not needed after its kernel and those before it have been made.
/// Constants whose bytes overlap are releasable together; those that an alias or an output names never are.
std::vector<std::vector<int32_t>> releasableConstants(const Program& program);

/// Whether bytes lie within one of the constants, and touch no other of them.
bool isWithinOne(const Program& program, const std::vector<int32_t>& constants, const void* from, size_t bytes);

}  // namespace gdws
