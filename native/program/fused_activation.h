#pragma once

#include "program/functions.h"

namespace gdws {

/// The activation that an operation ends with, with its parameters.
struct FusedActivation {
  Activation kind = Activation::none;
  float a = 0;
  float b = 0;
};

}  // namespace gdws
