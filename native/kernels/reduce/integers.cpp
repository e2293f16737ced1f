#include "kernels/integers.h"

#include "kernels/element_type.h"
#include "kernels/reduce/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class ReduceIntegers final : public Kernel {
 public:
  explicit ReduceIntegers(const OperationView& operation) : operation_(operation) {
    operation_.kept = operation_.kept.collapsed();
    operation_.reduced = operation_.reduced.collapsed();
  }

  void run(const Buffers& buffers, const Team& team) const override {
    withInteger(operation_.type, [&]<class Integer>(Integer) { runAs<Integer>(buffers, team); });
  }

 private:
  template <class Integer>
  void runAs(const Buffers& buffers, const Team& team) const {
    const auto* x = static_cast<const Integer*>(buffers.inputs[0]);
    auto* y = static_cast<Integer*>(buffers.outputs[0]);
    const StridedLoop& kept = operation_.kept;
    forEachRun(kept, team.share(kept.elements), [&](int64_t first, int64_t count, const Offsets& offsets) {
      for (int64_t i = 0; i < count; ++i) {
        y[first + i] = static_cast<Integer>(reduce(x + offsets[0] + i * kept.axes.back().strides[0]));
      }
    });
  }

  template <class Integer>
  int64_t reduce(const Integer* x) const {
    const auto& [type, function, kept, all] = operation_;
    int64_t result = startOf<Integer>(function);
    const int64_t stride = all.axes.back().strides[0];
    forEachRun(all, {0, all.elements}, [&, function = function](int64_t, int64_t count, const Offsets& offsets) {
      for (int64_t i = 0; i < count; ++i) result = reduced(function, result, x[offsets[0] + i * stride]);
    });
    return function == ReduceFunction::mean ? wrappingQuotient(result, all.elements) : result;
  }

  ReduceOperation operation_;
};

bool supports(const OperationView& operation, const KernelContext&) {
  return operation.hasInput(0) && operation.input(0).type != DataType::float32;
}

}  // namespace

const KernelDefinition reduceIntegers = {"reduce.integers", Opcode::reduce, overwritesNothing, supports,
                                         makeKernel<ReduceIntegers>};

}  // namespace gdws
