// Made from src/program/schema.ts by `npm run generate:program`.
#include "program/attributes.h"

namespace gdws {

void checkAttributes(const OperationView& operation) {
  switch (operation.opcode()) {
    case Opcode::convolution:
      ConvolutionAttributes::of(operation);
      break;
    case Opcode::gdws:
      GdwsAttributes::of(operation);
      break;
    case Opcode::convolutionTranspose:
      ConvolutionTransposeAttributes::of(operation);
      break;
    case Opcode::matmul:
      MatmulAttributes::of(operation);
      break;
    case Opcode::maxPool:
      MaxPoolAttributes::of(operation);
      break;
    case Opcode::averagePool:
      AveragePoolAttributes::of(operation);
      break;
    case Opcode::unary:
      UnaryAttributes::of(operation);
      break;
    case Opcode::binary:
      BinaryAttributes::of(operation);
      break;
    case Opcode::scaleShift:
      ScaleShiftAttributes::of(operation);
      break;
    case Opcode::normalize:
      NormalizeAttributes::of(operation);
      break;
    case Opcode::localResponse:
      LocalResponseAttributes::of(operation);
      break;
    case Opcode::reduce:
      ReduceAttributes::of(operation);
      break;
    case Opcode::argReduce:
      ArgReduceAttributes::of(operation);
      break;
    case Opcode::softmax:
      SoftmaxAttributes::of(operation);
      break;
    case Opcode::concat:
      ConcatAttributes::of(operation);
      break;
    case Opcode::strided:
      StridedAttributes::of(operation);
      break;
    case Opcode::pad:
      PadAttributes::of(operation);
      break;
    case Opcode::gather:
      GatherAttributes::of(operation);
      break;
    case Opcode::interpolate:
      InterpolateAttributes::of(operation);
      break;
    case Opcode::compare:
      CompareAttributes::of(operation);
      break;
    case Opcode::maxPoolGradient:
      MaxPoolGradientAttributes::of(operation);
      break;
    case Opcode::maxPoolIndices:
      MaxPoolIndicesAttributes::of(operation);
      break;
    case Opcode::gridSample:
      GridSampleAttributes::of(operation);
      break;
    case Opcode::roiAlign:
      RoiAlignAttributes::of(operation);
      break;
    case Opcode::gatherElements:
      GatherElementsAttributes::of(operation);
      break;
    case Opcode::gatherND:
      GatherNDAttributes::of(operation);
      break;
    case Opcode::scatterElements:
      ScatterElementsAttributes::of(operation);
      break;
    case Opcode::scatterND:
      ScatterNDAttributes::of(operation);
      break;
    case Opcode::topK:
      TopKAttributes::of(operation);
      break;
    case Opcode::cumulativeSum:
      CumulativeSumAttributes::of(operation);
      break;
    case Opcode::quantize:
      QuantizeAttributes::of(operation);
      break;
    case Opcode::dequantize:
      DequantizeAttributes::of(operation);
      break;
    case Opcode::integerConvolution:
      IntegerConvolutionAttributes::of(operation);
      break;
    case Opcode::integerGdws:
      IntegerGdwsAttributes::of(operation);
      break;
    case Opcode::integerBinary:
      IntegerBinaryAttributes::of(operation);
      break;
    case Opcode::integerAveragePool:
      IntegerAveragePoolAttributes::of(operation);
      break;
    case Opcode::recurrent:
      RecurrentAttributes::of(operation);
      break;
    case Opcode::alias:
    case Opcode::cast:
    case Opcode::select:
    case Opcode::maxUnpool:
    case Opcode::dynamicQuantize:
    case Opcode::integerMatmul:
    case Opcode::table:
      AttributeReader(operation, {.ints = 0, .floats = 0});
      break;
  }
}

}  // namespace gdws
