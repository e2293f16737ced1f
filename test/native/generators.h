#pragma once

#include <vector>

#include "native/test_case.h"

namespace gdws::test {

/// Makes random cases of one operation, the awkward ones often: 1×1 maps, odd sizes, one channel, strides beyond the
/// kernel, absent optional inputs. To test another operation, write its generator in a file of its own and list it in
/// generators.cpp.
struct Generator {
  Opcode opcode;
  TestCase (*generate)(Random& random);
};

const std::vector<Generator>& generators();

TestCase randomConvolution(Random& random);
TestCase randomConvolutionTranspose(Random& random);
TestCase randomGdws(Random& random);
TestCase randomMatmul(Random& random);

}  // namespace gdws::test
