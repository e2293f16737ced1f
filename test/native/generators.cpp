#include "native/generators.h"

namespace gdws::test {

const std::vector<Generator>& generators() {
  static const std::vector<Generator> all = {
      {Opcode::convolution, randomConvolution},
      {Opcode::convolutionTranspose, randomConvolutionTranspose},
      {Opcode::gdws, randomGdws},
      {Opcode::matmul, randomMatmul},
  };
  return all;
}

}  // namespace gdws::test
