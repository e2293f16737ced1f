#include "kernels/interpolate/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Every axis but the innermost: whole rows of x are combined.
class InterpolateRows final : public Kernel {
 public:
  InterpolateRows(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions) {}

  /// Where the rows of an output's taps begin.
  int64_t scratchBytes(int threads) const override { return threads * operation_.taps * int64_t{sizeof(const float*)}; }
  bool readsInput(size_t i) const override { return i != 1; }

  void run(const Buffers& buffers, const Team& team) const override {
    const InterpolateOperation& o = operation_;
    const int32_t* index = o.indices.constant()->data();
    const float** rows = reinterpret_cast<const float**>(buffers.scratch) + team.index * o.taps;
    const Range share = team.share(o.outer * o.out);
    for (int64_t item = share.begin; item < share.end; ++item) {
      const float* x = buffers.floats(0) + item / o.out * o.n * o.inner;
      const int64_t first = item % o.out * o.taps;
      for (int64_t tap = 0; tap < o.taps; ++tap) rows[tap] = x + index[first + tap] * o.inner;
      functions_.combineRows(rows, buffers.floats(2) + first, o.taps, buffers.result() + item * o.inner, o.inner);
    }
  }

 private:
  InterpolateOperation operation_;
  const ElementwiseFunctions& functions_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  const InterpolateOperation o(operation);
  return o.inner > 1 && o.indices.constant().has_value();
}

}  // namespace

const KernelDefinition interpolateRows = {"interpolate.rows", Opcode::interpolate, overwritesNothing, supports,
                                          makeVectorKernel<InterpolateRows>};

}  // namespace gdws
