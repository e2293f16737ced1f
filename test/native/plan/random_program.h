#pragma once

#include <cstdint>
#include <vector>

#include "native/random.h"
#include "program/program.h"

namespace gdws::test {

/// A program, and which input each operation's result 0 may overwrite (-1: none), as its kernels would say.
struct PlannedProgram {
  Program program;
  std::vector<int32_t> overwrites;
};

/// A program of up to `operations` operations with the places that memory plans get wrong: results larger and smaller
/// than their operands, concatenations within concatenations, operands that are parts or wholes of other operands,
/// views of both, gates, results that nothing reads, several results, outputs that later operations read. The programs
/// have only what a planner reads: operations without most of their attributes.
PlannedProgram randomProgram(Random& random, int operations);

}  // namespace gdws::test
