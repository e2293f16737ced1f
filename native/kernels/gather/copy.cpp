#include <algorithm>
#include <cstring>

#include "kernels/gather/operation.h"
#include "kernels/grain.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class GatherCopy final : public Kernel {
 public:
  explicit GatherCopy(const OperationView& operation) : operation_(operation) {}

  bool readsInput(size_t i) const override { return i != 1 || !operation_.indices.constant(); }

  void run(const Buffers& buffers, const Team& team) const override {
    if (operation_.outer == 0 || operation_.indices.count() == 0) return;
    if (operation_.inner > 1) return copyRuns(buffers, team);
    switch (operation_.elementBytes) {
      case 1:
        return copyElements<uint8_t>(buffers, team);
      case 4:
        return copyElements<uint32_t>(buffers, team);
      default:
        return copyElements<uint64_t>(buffers, team);
    }
  }

 private:
  void copyRuns(const Buffers& buffers, const Team& team) const {
    const GatherOperation& o = operation_;
    const auto* x = static_cast<const std::byte*>(buffers.inputs[0]);
    auto* y = static_cast<std::byte*>(buffers.outputs[0]);
    const int64_t count = o.indices.count();
    const int64_t bytes = o.inner * static_cast<int64_t>(o.elementBytes);
    const Range share = team.share(o.outer * count, std::max<int64_t>(1, grain / o.inner));
    for (int64_t item = share.begin; item < share.end; ++item) {
      const int64_t source = item / count * o.n + o.indices.at(buffers.inputs[1], item % count);
      std::memcpy(y + item * bytes, x + source * bytes, bytes);
    }
  }

  template <class Element>
  void copyElements(const Buffers& buffers, const Team& team) const {
    const GatherOperation& o = operation_;
    const int64_t count = o.indices.count();
    const Range share = team.share(o.outer * count, grain);
    for (int64_t first = share.begin; first < share.end;) {
      const int64_t column = first % count;
      const int64_t length = std::min(count - column, share.end - first);
      const auto* x = static_cast<const Element*>(buffers.inputs[0]) + first / count * o.n;
      auto* y = static_cast<Element*>(buffers.outputs[0]) + first;
      if (o.indices.constant()) {
        const int32_t* index = o.indices.constant()->data() + column;
        for (int64_t i = 0; i < length; ++i) y[i] = x[index[i]];
      } else {
        for (int64_t i = 0; i < length; ++i) y[i] = x[o.indices.at(buffers.inputs[1], column + i)];
      }
      first += length;
    }
  }

  GatherOperation operation_;
};

}  // namespace

const KernelDefinition gatherCopy = {"gather.copy", Opcode::gather, overwritesNothing, supportsAll,
                                     makeKernel<GatherCopy>};

}  // namespace gdws
