#include "kernels/cumulative_sum/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class CumulativeSumReference final : public Kernel {
 public:
  explicit CumulativeSumReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    switch (operation_.type) {
      case DataType::int64:
        return sum<uint64_t, int64_t>(buffers);
      case DataType::int32:
        return sum<uint32_t, int32_t>(buffers);
      default:
        return sum<double, float>(buffers);
    }
  }

 private:
  template <class Sum, class Number>
  void sum(const Buffers& buffers) const {
    const CumulativeSumOperation& o = operation_;
    const auto* x = static_cast<const Number*>(buffers.inputs[0]);
    auto* y = static_cast<Number*>(buffers.outputs[0]);
    for (int64_t i = 0; i < o.outer * o.n * o.inner; ++i) {
      // The elements that are summed: up to this one, from either end.
      const int64_t place = i / o.inner % o.n;
      const int64_t last = o.exclusive ? 0 : 1;
      const int64_t count = (o.reverse ? o.n - 1 - place : place) + last;
      Sum total = 0;
      for (int64_t k = 0; k < count; ++k) {
        const int64_t from = o.reverse ? o.n - 1 - k : k;
        total += static_cast<Sum>(x[i + (from - place) * o.inner]);
      }
      y[i] = static_cast<Number>(total);
    }
  }

  CumulativeSumOperation operation_;
};

}  // namespace

const KernelDefinition cumulativeSumReference = {"cumulativeSum.reference", Opcode::cumulativeSum, overwritesNothing,
                                                 supportsAll, makeKernel<CumulativeSumReference>};

}  // namespace gdws
