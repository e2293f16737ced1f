#include <algorithm>

#include "kernels/max_pool/operation.h"
#include "kernels/pooling/row_pooling.h"
#include "kernels/product/scratch.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class MaxPoolRows final : public Kernel {
 public:
  MaxPoolRows(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(maxPoolOf(operation)), pooling_(operation_, Fold::max, functions) {}

  int64_t scratchBytes(int threads) const override { return scratchFor(threads, pooling_.scratchFloats()); }

  void run(const Buffers& buffers, const Team& team) const override {
    const float* x = buffers.floats(0);
    if (pooling_.isGlobal()) {
      const Range maps = team.share(operation_.maps);
      for (int64_t map = maps.begin; map < maps.end; ++map) {
        buffers.result()[map] = static_cast<float>(pooling_.whole(x, map));
      }
      return;
    }
    float* scratch = reinterpret_cast<float*>(buffers.scratch) + team.index * pooling_.scratchFloats();
    pooling_.prepare(scratch);
    const int64_t step = pooling_.rowsAtOnce();
    const Range rows = team.share(operation_.maps * operation_.height.to);
    for (int64_t row = rows.begin; row < rows.end; row += step) {
      pooling_.rows(x, buffers.result(), row, std::min(step, rows.end - row), scratch);
    }
  }

 private:
  PoolOperation operation_;
  RowPooling pooling_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  return operation.hasInput(0) && operation.input(0).type == DataType::float32 && maxPoolOf(operation).maps > 0;
}

}  // namespace

const KernelDefinition maxPoolRows = {"maxPool.rows", Opcode::maxPool, overwritesNothing, supports,
                                      makeVectorKernel<MaxPoolRows>};

}  // namespace gdws
