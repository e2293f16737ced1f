#include "kernels/compare/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class CompareReference final : public Kernel {
 public:
  explicit CompareReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    switch (operation_.type) {
      case DataType::float32:
        return compare<float>(buffers);
      case DataType::int64:
        return compare<int64_t>(buffers);
      case DataType::int32:
        return compare<int32_t>(buffers);
      case DataType::int8:
        return compare<int8_t>(buffers);
      default:
        return compare<uint8_t>(buffers);
    }
  }

 private:
  template <class Number>
  void compare(const Buffers& buffers) const {
    const auto* a = static_cast<const Number*>(buffers.inputs[0]);
    const auto* b = static_cast<const Number*>(buffers.inputs[1]);
    auto* y = static_cast<uint8_t*>(buffers.outputs[0]);
    for (int64_t i = 0; i < operation_.loop.elements; ++i) {
      const Offsets offsets = operation_.loop.offsetsAt(i);
      y[i] = apply(operation_.function, a[offsets[0]], b[offsets[1]]) ? 1 : 0;
    }
  }

  CompareOperation operation_;
};

}  // namespace

const KernelDefinition compareReference = {"compare.reference", Opcode::compare, overwritesNothing, supportsAll,
                                           makeKernel<CompareReference>};

}  // namespace gdws
