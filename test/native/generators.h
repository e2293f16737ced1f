#pragma once

#include <vector>

#include "native/test_case.h"

namespace gdws::test {

/// Makes random cases of one operation, difficult ones often: 1×1 maps, odd sizes, one channel, strides beyond the
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
TestCase randomUnary(Random& random);
TestCase randomBinary(Random& random);
TestCase randomScaleShift(Random& random);
TestCase randomNormalize(Random& random);
TestCase randomLocalResponse(Random& random);
TestCase randomReduce(Random& random);
TestCase randomArgReduce(Random& random);
TestCase randomSoftmax(Random& random);
TestCase randomMaxPool(Random& random);
TestCase randomMaxPoolGradient(Random& random);
TestCase randomAveragePool(Random& random);
TestCase randomMaxPoolIndices(Random& random);
TestCase randomMaxUnpool(Random& random);
TestCase randomGridSample(Random& random);
TestCase randomRoiAlign(Random& random);
TestCase randomConcat(Random& random);
TestCase randomStrided(Random& random);
TestCase randomPad(Random& random);
TestCase randomGather(Random& random);
TestCase randomInterpolate(Random& random);
TestCase randomCast(Random& random);
TestCase randomSelect(Random& random);
TestCase randomCompare(Random& random);
TestCase randomGatherElements(Random& random);
TestCase randomGatherND(Random& random);
TestCase randomScatterElements(Random& random);
TestCase randomScatterND(Random& random);
TestCase randomTopK(Random& random);
TestCase randomCumulativeSum(Random& random);
TestCase randomQuantize(Random& random);
TestCase randomDequantize(Random& random);
TestCase randomDynamicQuantize(Random& random);
TestCase randomIntegerBinary(Random& random);
TestCase randomIntegerAveragePool(Random& random);
TestCase randomTable(Random& random);
TestCase randomIntegerConvolution(Random& random);
TestCase randomIntegerMatmul(Random& random);
TestCase randomIntegerGdws(Random& random);
TestCase randomRecurrent(Random& random);

}  // namespace gdws::test
