#include <cmath>
#include <utility>

#include "kernels/grain.h"
#include "kernels/integer_binary/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Each run along the innermost axis is one call: after broadcasting, an operand either is a row or one element.
class IntegerBinaryVector final : public Kernel {
 public:
  IntegerBinaryVector(const OperationView& operation, const ElementwiseFunctions& functions) : operation_(operation) {
    const IntegerBinaryAttributes& attributes = operation_.attributes;
    operation_.loop = operation_.loop.collapsed();
    const Offsets& strides = operation_.loop.axes.back().strides;
    // Both functions are symmetric, so that only b need be one element. The scale of a product is aScale.
    left_ = {0, operation_.aType, {attributes.aZeroPoint, attributes.aScale}};
    right_ = {1, operation_.bType, {attributes.bZeroPoint, attributes.bScale}};
    if (attributes.function == IntegerBinaryFunction::mul) right_.operand.scale = attributes.aScale;
    if (strides[0] == 0) std::swap(left_, right_);
    isScalar_ = strides[right_.input] == 0;
    const auto function = static_cast<size_t>(attributes.function);
    const bool left = left_.type == DataType::int8;
    const bool right = right_.type == DataType::int8;
    row_ = isScalar_ ? functions.bytes.binaryScalar[function][left] : functions.bytes.binary[function][left][right];
    result_ = ByteRange(operation_.yType).result(attributes.zeroPoint, attributes.least, attributes.most);
  }

  void run(const Buffers& buffers, const Team& team) const override {
    const auto* left = static_cast<const uint8_t*>(buffers.inputs[left_.input]);
    const auto* right = static_cast<const uint8_t*>(buffers.inputs[right_.input]);
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    const StridedLoop& loop = operation_.loop;
    forEachRun(loop, team.share(loop.elements, grain), [&](int64_t first, int64_t count, const Offsets& offsets) {
      const uint8_t* a = left + offsets[left_.input];
      const uint8_t* b = right + offsets[right_.input];
      const int32_t number = byteAt(b, right_.type, 0);
      row_(a, isScalar_ ? static_cast<const void*>(&number) : b, y + first, count, left_.operand, right_.operand,
           result_);
    });
  }

 private:
  struct Side {
    size_t input;
    DataType type;
    ByteOperand operand;
  };

  IntegerBinaryOperation operation_;
  Side left_;
  Side right_;
  bool isScalar_;
  ByteFunctions::Binary row_;
  ByteResult result_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const auto attributes = IntegerBinaryAttributes::of(operation);
  return std::abs(attributes.aScale) <= largestByteScale &&
         (attributes.function == IntegerBinaryFunction::mul || std::abs(attributes.bScale) <= largestByteScale);
}

}  // namespace

const KernelDefinition integerBinaryVector = {"integerBinary.vector", Opcode::integerBinary, 0, supports,
                                              makeVectorKernel<IntegerBinaryVector>};

}  // namespace gdws
