#pragma once

#include "native/test_case.h"

namespace gdws::test {

/// `rank` lengths: often 1, sometimes 0, else up to some tens; at most about 40,000 elements.
Dims randomDims(Random& random, int64_t rank);
/// What `dims` may be broadcast from: leading axes missing, others 1.
Dims broadcastFrom(Random& random, const Dims& dims);
/// What the operands broadcast to.
Dims broadcastOf(const Dims& a, const Dims& b);
/// Numbers within [-scale, scale), and sometimes infinities, NaN, zeros, subnormals and numbers of any exponent.
std::vector<float> wildNumbers(Random& random, const Dims& dims, float scale);
/// `count` random bytes as elements of a type; bool is 0 or 1.
void addRandom(TestCase& testCase, Random& random, DataType type, const Dims& dims);

/// Adds int64 or int32 elements: small ones, and sometimes 0, 1, -1 and the ends of the type.
void addWildIntegers(TestCase& testCase, Random& random, DataType type, const Dims& dims);

/// A zero point of uint8 or int8, often one of the ends of the type.
int32_t randomZeroPoint(Random& random, DataType type);

/// Dims of an operand of a matrix product, whose leading dims may be missing or 1.
Dims randomOperand(Random& random, Dims batch, int64_t rows, int64_t columns, bool transposed);

}  // namespace gdws::test
