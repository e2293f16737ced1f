#include "kernels/cumulative_sum/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Threads divide the lines along the axis.
class CumulativeSumLines final : public Kernel {
 public:
  explicit CumulativeSumLines(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const Range share = team.share(operation_.outer * operation_.inner);
    switch (operation_.type) {
      case DataType::int64:
        return sum<uint64_t, int64_t>(buffers, share);
      case DataType::int32:
        return sum<uint32_t, int32_t>(buffers, share);
      default:
        return sum<double, float>(buffers, share);
    }
  }

 private:
  template <class Sum, class Number>
  void sum(const Buffers& buffers, Range share) const {
    const CumulativeSumOperation& o = operation_;
    for (int64_t line = share.begin; line < share.end; ++line) {
      const int64_t begin = line / o.inner * o.n * o.inner + line % o.inner;
      const auto* x = static_cast<const Number*>(buffers.inputs[0]) + begin;
      // y may be the memory of x.
      auto* y = static_cast<Number*>(buffers.outputs[0]) + begin;
      Sum total = 0;
      for (int64_t i = 0; i < o.n; ++i) {
        const int64_t at = (o.reverse ? o.n - 1 - i : i) * o.inner;
        const Sum next = total + static_cast<Sum>(x[at]);
        y[at] = static_cast<Number>(o.exclusive ? total : next);
        total = next;
      }
    }
  }

  CumulativeSumOperation operation_;
};

}  // namespace

const KernelDefinition cumulativeSumLines = {"cumulativeSum.lines", Opcode::cumulativeSum, 0, supportsAll,
                                             makeKernel<CumulativeSumLines>};

}  // namespace gdws
