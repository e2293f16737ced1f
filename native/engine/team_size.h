#pragma once

#include "program/program.h"

namespace gdws {

/// How many of a session's threads run a program: one where a run takes less time than what a team gains on it, since
/// its threads have to be woken, and to meet after each operation. It depends on the program alone, so that its results
/// are the same in each session.
int teamSize(const Program& program, int threads, int lanes);

}  // namespace gdws
