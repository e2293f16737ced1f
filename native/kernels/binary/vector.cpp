#include "kernels/activate.h"
#include "kernels/binary/operation.h"
#include "kernels/grain.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Each run along the innermost axis is one call: after broadcasting, an operand either is a row or one element.
class BinaryVector final : public Kernel {
 public:
  BinaryVector(const OperationView& operation, const ElementwiseFunctions& functions) : operation_(operation) {
    operation_.loop = operation_.loop.collapsed();
    const Offsets& strides = operation_.loop.axes.back().strides;
    const auto form = strides[0] == strides[1] ? OperandForm::bothRows
                      : strides[0] == 0        ? OperandForm::firstScalar
                                               : OperandForm::secondScalar;
    row_ = functions.binary[static_cast<int>(operation_.attributes.function)][static_cast<int>(form)]
                           [static_cast<int>(operation_.attributes.activation.kind)];
  }

  void run(const Buffers& buffers, const Team& team) const override {
    const float* x = buffers.floats(0);
    const float* y = buffers.floats(1);
    float* z = buffers.result();
    const FusedActivation& activation = operation_.attributes.activation;
    const StridedLoop& loop = operation_.loop;
    forEachRun(loop, team.share(loop.elements, grain), [&](int64_t first, int64_t count, const Offsets& offsets) {
      if (row_ != nullptr) {
        row_(x + offsets[0], y + offsets[1], z + first, count, activation.a, activation.b);
      } else {
        scalarRow(x + offsets[0], y + offsets[1], z + first, count);
      }
    });
  }

 private:
  void scalarRow(const float* x, const float* y, float* z, int64_t count) const {
    const auto& [function, activation] = operation_.attributes;
    const Offsets& strides = operation_.loop.axes.back().strides;
    // Normalizations are written with a power of 2.
    const bool squares = function == BinaryFunction::pow && strides[1] == 0 && *y == 2;
    for (int64_t i = 0; i < count; ++i) {
      const float left = x[i * strides[0]];
      const float result =
          squares ? left * left : static_cast<float>(apply(function, double{left}, double{y[i * strides[1]]}));
      z[i] = activate(activation, result);
    }
  }

  BinaryOperation operation_;
  ElementwiseFunctions::Binary row_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  return operation.hasInput(0) && operation.input(0).type == DataType::float32;
}

}  // namespace

const KernelDefinition binaryVector = {"binary.vector", Opcode::binary, 0, supports, makeVectorKernel<BinaryVector>};

}  // namespace gdws
