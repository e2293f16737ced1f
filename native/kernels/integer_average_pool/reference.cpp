#include "kernels/integer_average_pool/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class IntegerAveragePoolReference final : public Kernel {
 public:
  explicit IntegerAveragePoolReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [maps, height, width] = operation_.pool;
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    for (int64_t map = 0; map < maps; ++map) {
      for (int64_t row = 0; row < height.to; ++row) {
        for (int64_t column = 0; column < width.to; ++column) {
          *y++ = operation_.result(sum(buffers.inputs[0], map, row, column), operation_.tapsOf(row, column));
        }
      }
    }
  }

 private:
  int64_t sum(const void* x, int64_t map, int64_t row, int64_t column) const {
    const auto& [maps, height, width] = operation_.pool;
    const Taps rows = height.inside(row);
    const Taps columns = width.inside(column);
    int64_t result = 0;
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      for (int64_t j = columns.begin; j < columns.end; ++j) {
        const int64_t line = map * height.from + height.start(row) + i * height.dilation;
        const int64_t at = line * width.from + width.start(column) + j * width.dilation;
        result += byteAt(x, operation_.xType, at) - operation_.attributes.xZeroPoint;
      }
    }
    return result;
  }

  IntegerAveragePoolOperation operation_;
};

}  // namespace

const KernelDefinition integerAveragePoolReference = {"integerAveragePool.reference", Opcode::integerAveragePool,
                                                      overwritesNothing, supportsAll,
                                                      makeKernel<IntegerAveragePoolReference>};

}  // namespace gdws
