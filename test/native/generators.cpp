#include "native/generators.h"

namespace gdws::test {

const std::vector<Generator>& generators() {
  static const std::vector<Generator> all = {
      {Opcode::convolution, randomConvolution},
      {Opcode::convolutionTranspose, randomConvolutionTranspose},
      {Opcode::gdws, randomGdws},
      {Opcode::matmul, randomMatmul},
      {Opcode::unary, randomUnary},
      {Opcode::binary, randomBinary},
      {Opcode::scaleShift, randomScaleShift},
      {Opcode::normalize, randomNormalize},
      {Opcode::localResponse, randomLocalResponse},
      {Opcode::reduce, randomReduce},
      {Opcode::argReduce, randomArgReduce},
      {Opcode::softmax, randomSoftmax},
      {Opcode::maxPool, randomMaxPool},
      {Opcode::maxPoolGradient, randomMaxPoolGradient},
      {Opcode::averagePool, randomAveragePool},
      {Opcode::maxPoolIndices, randomMaxPoolIndices},
      {Opcode::maxUnpool, randomMaxUnpool},
      {Opcode::gridSample, randomGridSample},
      {Opcode::roiAlign, randomRoiAlign},
      {Opcode::concat, randomConcat},
      {Opcode::strided, randomStrided},
      {Opcode::pad, randomPad},
      {Opcode::gather, randomGather},
      {Opcode::interpolate, randomInterpolate},
      {Opcode::cast, randomCast},
      {Opcode::select, randomSelect},
      {Opcode::compare, randomCompare},
      {Opcode::gatherElements, randomGatherElements},
      {Opcode::gatherND, randomGatherND},
      {Opcode::scatterElements, randomScatterElements},
      {Opcode::scatterND, randomScatterND},
      {Opcode::topK, randomTopK},
      {Opcode::cumulativeSum, randomCumulativeSum},
      {Opcode::quantize, randomQuantize},
      {Opcode::dequantize, randomDequantize},
      {Opcode::dynamicQuantize, randomDynamicQuantize},
      {Opcode::integerBinary, randomIntegerBinary},
      {Opcode::integerAveragePool, randomIntegerAveragePool},
      {Opcode::table, randomTable},
      {Opcode::integerConvolution, randomIntegerConvolution},
      {Opcode::integerMatmul, randomIntegerMatmul},
      {Opcode::integerGdws, randomIntegerGdws},
      {Opcode::recurrent, randomRecurrent},
  };
  return all;
}

}  // namespace gdws::test
