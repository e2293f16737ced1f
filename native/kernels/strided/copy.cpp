#include <cstring>

#include "kernels/grain.h"
#include "kernels/registry.h"
#include "kernels/strided/operation.h"

namespace gdws {

namespace {

/// Side of the square tiles of a transposition: the rows that a tile reads and writes stay in the first-level cache.
constexpr int64_t tile = 32;

/// Copies runs where x is contiguous along the innermost axis of y; tiles where it is along another axis; else
/// elements.
class StridedCopy final : public Kernel {
 public:
  explicit StridedCopy(const OperationView& operation) : operation_(operation) {
    operation_.loop = operation_.loop.collapsed();
    const auto& axes = operation_.loop.axes;
    const size_t inner = axes.size() - 1;
    if (axes[inner].strides[0] == 1 || axes[inner].strides[0] == 0) return;
    int64_t yStride = axes[inner].dim;
    for (size_t axis = inner; axis-- > 0;) {
      if (!transposes_ && axes[axis].strides[0] == 1) {
        transposes_ = true;
        columns_ = axes[axis].dim;
        columnStride_ = yStride;
      } else {
        others_.axes.insert(others_.axes.begin(), {axes[axis].dim, {axes[axis].strides[0], yStride}});
        others_.elements *= axes[axis].dim;
      }
      yStride *= axes[axis].dim;
    }
  }

  void run(const Buffers& buffers, const Team& team) const override {
    switch (operation_.elementBytes) {
      case 1:
        return copy<uint8_t>(buffers, team);
      case 4:
        return copy<uint32_t>(buffers, team);
      default:
        return copy<uint64_t>(buffers, team);
    }
  }

 private:
  template <class Element>
  void copy(const Buffers& buffers, const Team& team) const {
    if (operation_.loop.elements == 0) return;
    const auto* x = static_cast<const Element*>(buffers.inputs[0]) + operation_.offset;
    auto* y = static_cast<Element*>(buffers.outputs[0]);
    if (transposes_) return transpose(x, y, team);
    const StridedLoop& loop = operation_.loop;
    const int64_t stride = loop.axes.back().strides[0];
    forEachRun(loop, team.share(loop.elements, grain), [&](int64_t first, int64_t count, const Offsets& offsets) {
      const Element* source = x + offsets[0];
      Element* result = y + first;
      if (stride == 1) {
        std::memcpy(result, source, count * sizeof(Element));
      } else {
        for (int64_t i = 0; i < count; ++i) result[i] = source[i * stride];
      }
    });
  }

  template <class Element>
  void transpose(const Element* x, Element* y, const Team& team) const {
    const StridedLoop::Axis& inner = operation_.loop.axes.back();
    const int64_t stride = inner.strides[0];
    const int64_t tilesDown = (columns_ + tile - 1) / tile;
    const int64_t tilesAcross = (inner.dim + tile - 1) / tile;
    const Range share = team.share(others_.elements * tilesDown * tilesAcross);
    for (int64_t item = share.begin; item < share.end; ++item) {
      const Offsets offsets = others_.offsetsAt(item / (tilesDown * tilesAcross));
      const int64_t row = item / tilesAcross % tilesDown * tile;
      const int64_t column = item % tilesAcross * tile;
      const int64_t rows = std::min(tile, columns_ - row);
      const int64_t columns = std::min(tile, inner.dim - column);
      const Element* source = x + offsets[0] + row + column * stride;
      Element* result = y + offsets[1] + row * columnStride_ + column;
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) result[i * columnStride_ + j] = source[i + j * stride];
      }
    }
  }

  StridedOperation operation_;
  bool transposes_ = false;
  int64_t columns_ = 0;       ///< elements of the axis of y along which x is contiguous
  int64_t columnStride_ = 0;  ///< of that axis in y
  StridedLoop others_;        ///< over all axes except that and the innermost; operand 0 is x, operand 1 y
};

}  // namespace

const KernelDefinition stridedCopy = {"strided.copy", Opcode::strided, overwritesNothing, supportsAll,
                                      makeKernel<StridedCopy>};

}  // namespace gdws
