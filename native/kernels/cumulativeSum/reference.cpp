#include "kernels/cumulativeSum/kernels.h"
#include "kernels/cumulativeSum/operation.h"

namespace gdws {

namespace {

class CumulativeSumReference final : public Kernel {
 public:
  explicit CumulativeSumReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const Range share{0, operation_.outer * operation_.inner};
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
      const auto* x = static_cast<const Number*>(buffers.inputs[0]);
      o.sum<Sum>(x + begin, static_cast<Number*>(buffers.outputs[0]) + begin);
    }
  }

  CumulativeSumOperation operation_;
};

}  // namespace

const KernelDefinition cumulativeSumReference = {"cumulativeSum.reference", Opcode::cumulativeSum, 0, supportsAll,
                                                 makeKernel<CumulativeSumReference>};

}  // namespace gdws
