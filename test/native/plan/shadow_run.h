#pragma once

#include <cstddef>
#include <string>

#include "engine/memory_plan.h"
#include "native/plan/random_program.h"

namespace gdws::test {

/// Runs a program over the memory of a plan, with a mark in place of each byte that names its value. An operation first
/// soils the bytes that it writes and its scratch memory, so that all that it and later operations read must lie
/// elsewhere, except where it may overwrite. Returns what was read and not found, or an empty text.
std::string shadowRun(const PlannedProgram& planned, size_t reservedBytes, const MemoryPlan& plan);

}  // namespace gdws::test
