#include "kernels/cast/operation.h"
#include "kernels/grain.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class CastThreads final : public Kernel {
 public:
  explicit CastThreads(const OperationView& operation)
      : operation_(operation), cast_(castFunction(operation_.from, operation_.to)) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const Range range = team.share(operation_.elements, grain);
    cast_(static_cast<const std::byte*>(buffers.inputs[0]) + range.begin * bytesOf(operation_.from),
          static_cast<std::byte*>(buffers.outputs[0]) + range.begin * bytesOf(operation_.to), range.end - range.begin);
  }

 private:
  CastOperation operation_;
  CastFunction cast_;
};

}  // namespace

const KernelDefinition castThreads = {"cast.threads", Opcode::cast, overwritesNothing, supportsAll,
                                      makeKernel<CastThreads>};

}  // namespace gdws
