#include "kernels/grain.h"
#include "kernels/registry.h"
#include "kernels/select/operation.h"

namespace gdws {

namespace {

class SelectRuns final : public Kernel {
 public:
  explicit SelectRuns(const OperationView& operation) : operation_(operation) {
    operation_.loop = operation_.loop.collapsed();
  }

  void run(const Buffers& buffers, const Team& team) const override {
    switch (operation_.elementBytes) {
      case 1:
        return select<uint8_t>(buffers, team);
      case 4:
        return select<uint32_t>(buffers, team);
      default:
        return select<uint64_t>(buffers, team);
    }
  }

 private:
  template <class Element>
  void select(const Buffers& buffers, const Team& team) const {
    const auto* condition = static_cast<const uint8_t*>(buffers.inputs[0]);
    const auto* a = static_cast<const Element*>(buffers.inputs[1]);
    const auto* b = static_cast<const Element*>(buffers.inputs[2]);
    auto* y = static_cast<Element*>(buffers.outputs[0]);
    const StridedLoop& loop = operation_.loop;
    const auto [s, t, u] = loop.axes.back().strides;
    forEachRun(loop, team.share(loop.elements, grain),
               [&, s = s, t = t, u = u](int64_t first, int64_t count, const Offsets& offsets) {
                 const uint8_t* which = condition + offsets[0];
                 const Element* left = a + offsets[1];
                 const Element* right = b + offsets[2];
                 for (int64_t i = 0; i < count; ++i) y[first + i] = which[i * s] != 0 ? left[i * t] : right[i * u];
               });
  }

  SelectOperation operation_;
};

}  // namespace

const KernelDefinition selectRuns = {"select.runs", Opcode::select, overwritesNothing, supportsAll,
                                     makeKernel<SelectRuns>};

}  // namespace gdws
