// Made from src/program/schema.ts by `npm run generate:program`.
#pragma once

#include "native/attribute_writer.h"
#include "program/attributes.h"

namespace gdws::test {

// Each gives an operation the ints and floats of its attributes.

inline void write(const ConvolutionAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.groups);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
  writer.add(attributes.activation);
}

inline void write(const GdwsAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.groups);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
  writer.add(attributes.activation);
  writer.add(attributes.kernels);
}

inline void write(const ConvolutionTransposeAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.groups);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
  writer.add(attributes.activation);
}

inline void write(const MatmulAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.transposeA);
  writer.add(attributes.transposeB);
  writer.add(attributes.alpha);
  writer.add(attributes.activation);
}

inline void write(const MaxPoolAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.kernel);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
}

inline void write(const AveragePoolAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.kernel);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
  writer.add(attributes.countIncludePad);
}

inline void write(const UnaryAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.function);
  writer.add(attributes.a);
  writer.add(attributes.b);
}

inline void write(const BinaryAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.function);
  writer.add(attributes.activation);
}

inline void write(const ScaleShiftAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.activation);
}

inline void write(const NormalizeAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.inner);
  writer.add(attributes.epsilon);
}

inline void write(const LocalResponseAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.size);
  writer.add(attributes.alpha);
  writer.add(attributes.beta);
  writer.add(attributes.bias);
}

inline void write(const ReduceAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.function);
  writer.add(attributes.axes);
}

inline void write(const ArgReduceAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
  writer.add(attributes.extreme);
  writer.add(attributes.selectLast);
}

inline void write(const SoftmaxAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.n);
  writer.add(attributes.inner);
  writer.add(attributes.logarithm);
}

inline void write(const ConcatAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
}

inline void write(const StridedAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.offset);
  writer.add(attributes.strides);
}

inline void write(const PadAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.begins);
  writer.add(attributes.value);
}

inline void write(const GatherAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
}

inline void write(const InterpolateAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
}

inline void write(const CompareAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.function);
}

inline void write(const MaxPoolGradientAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.kernel);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
}

inline void write(const MaxPoolIndicesAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.kernel);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
  writer.add(attributes.columnMajor);
}

inline void write(const GridSampleAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.interpolation);
  writer.add(attributes.outside);
  writer.add(attributes.alignCorners);
}

inline void write(const RoiAlignAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.pooling);
  writer.add(attributes.samples);
  writer.add(attributes.halfPixel);
  writer.add(attributes.scale);
}

inline void write(const GatherElementsAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
}

inline void write(const GatherNDAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.batchAxes);
}

inline void write(const ScatterElementsAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
  writer.add(attributes.update);
}

inline void write(const ScatterNDAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.update);
}

inline void write(const TopKAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
  writer.add(attributes.largest);
}

inline void write(const CumulativeSumAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
  writer.add(attributes.exclusive);
  writer.add(attributes.reverse);
}

inline void write(const QuantizeAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
}

inline void write(const DequantizeAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.axis);
}

inline void write(const IntegerConvolutionAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.groups);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
  writer.add(attributes.zeroPoint);
  writer.add(attributes.least);
  writer.add(attributes.most);
  writer.add(attributes.residualZeroPoint);
  writer.add(attributes.innerLeast);
  writer.add(attributes.innerMost);
  writer.add(attributes.sumsBytes);
  writer.add(attributes.sumScale);
  writer.add(attributes.residualScale);
}

inline void write(const IntegerGdwsAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.groups);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
  writer.add(attributes.featureZeroPoint);
  writer.add(attributes.featureLeast);
  writer.add(attributes.featureMost);
  writer.add(attributes.zeroPoint);
  writer.add(attributes.least);
  writer.add(attributes.most);
  writer.add(attributes.residualZeroPoint);
  writer.add(attributes.innerLeast);
  writer.add(attributes.innerMost);
  writer.add(attributes.sumsBytes);
  writer.add(attributes.sumScale);
  writer.add(attributes.residualScale);
  writer.add(attributes.kernels);
}

inline void write(const IntegerBinaryAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.function);
  writer.add(attributes.aZeroPoint);
  writer.add(attributes.bZeroPoint);
  writer.add(attributes.zeroPoint);
  writer.add(attributes.least);
  writer.add(attributes.most);
  writer.add(attributes.aScale);
  writer.add(attributes.bScale);
}

inline void write(const IntegerAveragePoolAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.kernel);
  writer.add(attributes.strides);
  writer.add(attributes.dilations);
  writer.add(attributes.pads);
  writer.add(attributes.countIncludePad);
  writer.add(attributes.xZeroPoint);
  writer.add(attributes.zeroPoint);
  writer.add(attributes.scale);
}

inline void write(const RecurrentAttributes& attributes, Operation& operation) {
  AttributeWriter writer(operation);
  writer.add(attributes.cell);
  writer.add(attributes.reverse);
  writer.add(attributes.linearBeforeReset);
  writer.add(attributes.inputForget);
  writer.add(attributes.f);
  writer.add(attributes.g);
  writer.add(attributes.h);
  writer.add(attributes.clip);
  writer.add(attributes.fA);
  writer.add(attributes.fB);
  writer.add(attributes.gA);
  writer.add(attributes.gB);
  writer.add(attributes.hA);
  writer.add(attributes.hB);
}

}  // namespace gdws::test
