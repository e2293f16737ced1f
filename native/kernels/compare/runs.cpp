#include "kernels/compare/operation.h"
#include "kernels/grain.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class CompareRuns final : public Kernel {
 public:
  explicit CompareRuns(const OperationView& operation) : operation_(operation) {
    operation_.loop = operation_.loop.collapsed();
  }

  void run(const Buffers& buffers, const Team& team) const override {
    switch (operation_.type) {
      case DataType::float32:
        return compare<float>(buffers, team);
      case DataType::int64:
        return compare<int64_t>(buffers, team);
      case DataType::int32:
        return compare<int32_t>(buffers, team);
      case DataType::int8:
        return compare<int8_t>(buffers, team);
      default:
        return compare<uint8_t>(buffers, team);
    }
  }

 private:
  template <class Number>
  void compare(const Buffers& buffers, const Team& team) const {
    switch (operation_.function) {
      case CompareFunction::equal:
        return compare<Number, CompareFunction::equal>(buffers, team);
      case CompareFunction::less:
        return compare<Number, CompareFunction::less>(buffers, team);
      case CompareFunction::lessOrEqual:
        return compare<Number, CompareFunction::lessOrEqual>(buffers, team);
      case CompareFunction::greater:
        return compare<Number, CompareFunction::greater>(buffers, team);
      default:
        return compare<Number, CompareFunction::greaterOrEqual>(buffers, team);
    }
  }

  template <class Number, CompareFunction function>
  void compare(const Buffers& buffers, const Team& team) const {
    const auto* a = static_cast<const Number*>(buffers.inputs[0]);
    const auto* b = static_cast<const Number*>(buffers.inputs[1]);
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    const StridedLoop& loop = operation_.loop;
    const int64_t strideA = loop.axes.back().strides[0];
    const int64_t strideB = loop.axes.back().strides[1];
    forEachRun(loop, team.share(loop.elements, grain), [&](int64_t first, int64_t count, const Offsets& offsets) {
      for (int64_t i = 0; i < count; ++i) {
        y[first + i] = apply(function, a[offsets[0] + i * strideA], b[offsets[1] + i * strideB]) ? 1 : 0;
      }
    });
  }

  CompareOperation operation_;
};

}  // namespace

const KernelDefinition compareRuns = {"compare.runs", Opcode::compare, overwritesNothing, supportsAll,
                                      makeKernel<CompareRuns>};

}  // namespace gdws
