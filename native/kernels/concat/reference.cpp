#include "kernels/concat/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class ConcatReference final : public Kernel {
 public:
  explicit ConcatReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    for (int64_t row = 0; row < operation_.outer; ++row) {
      for (size_t i = 0; i < operation_.rowBytes.size(); ++i) {
        const auto* x = static_cast<const std::byte*>(buffers.inputs[i]) + row * operation_.rowBytes[i];
        for (int64_t k = 0; k < operation_.rowBytes[i]; ++k) *y++ = x[k];
      }
    }
  }

 private:
  ConcatOperation operation_;
};

}  // namespace

const KernelDefinition concatReference = {"concat.reference", Opcode::concat, overwritesNothing, supportsAll,
                                          makeKernel<ConcatReference>};

}  // namespace gdws
