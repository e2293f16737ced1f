#include "kernels/cast/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class CastReference final : public Kernel {
 public:
  explicit CastReference(const OperationView& operation)
      : operation_(operation), cast_(castFunction(operation_.from, operation_.to)) {}

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index == 0) cast_(buffers.inputs[0], buffers.outputs[0], operation_.elements);
  }

 private:
  CastOperation operation_;
  CastFunction cast_;
};

}  // namespace

const KernelDefinition castReference = {"cast.reference", Opcode::cast, overwritesNothing, supportsAll,
                                        makeKernel<CastReference>};

}  // namespace gdws
