#include "kernels/activate.h"
#include "kernels/binary/kernels.h"
#include "kernels/binary/operation.h"

namespace gdws {

namespace {

class BinaryReference final : public Kernel {
 public:
  explicit BinaryReference(const OperationView& operation) : operation_(operation) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    const auto& [function, activation, a, b, loop] = operation_;
    for (int64_t i = 0; i < loop.elements; ++i) {
      const Offsets offsets = loop.offsetsAt(i);
      const auto y = static_cast<float>(apply(function, buffers.floats(0)[offsets[0]], buffers.floats(1)[offsets[1]]));
      buffers.result()[i] = activate(activation, y, a, b);
    }
  }

 private:
  BinaryOperation operation_;
};

}  // namespace

const KernelDefinition binaryReference = {"binary.reference", Opcode::binary, 0, supportsAll,
                                          makeKernel<BinaryReference>};

}  // namespace gdws
