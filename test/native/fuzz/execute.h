#pragma once

#include "native/fuzz/program_input.h"

namespace gdws::test {

enum class Outcome {
  refused,   ///< by ProgramError
  compiled,  ///< but too large to run
  ran,
};

/// Loads and compiles the program, and runs it where it is small. Anything that ends without an Outcome is a defect.
Outcome execute(const ProgramInput& input);

}  // namespace gdws::test
