#pragma once

#include <string>

#include "program/program.h"

namespace gdws {

/// What the speed of an operation depends on, as one line of text: opcode, dims of each operand and which are constant,
/// ints (with the activation), threads. What differs from one network to another (value ids, weights) is not in it.
std::string keyOf(const OperationView& operation, int threads);

}  // namespace gdws
