#pragma once

#include "native/shapes.h"

namespace gdws::test {

/// Adds an input of int32 or int64 indices into axes of these lengths, one after the other and none of them 0. Half of
/// the inputs are constants; those that a run computes may be out of range.
void addIndices(TestCase& testCase, Random& random, const Dims& dims, const Dims& lengths);

/// Adds random elements: whole numbers and NaN where the type is float32, few different ones.
void addElements(TestCase& testCase, Random& random, DataType type, const Dims& dims);

}  // namespace gdws::test
