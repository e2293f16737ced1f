#pragma once

#include "native/random.h"
#include "program/functions.h"

namespace gdws::test {

/// Any name of an enumeration that has `count` of them.
template <class Enumeration>
Enumeration randomName(Random& random, int32_t count) {
  return static_cast<Enumeration>(random.integer(0, count - 1));
}

inline Activation randomActivation(Random& random) { return randomName<Activation>(random, activationCount); }

}  // namespace gdws::test
