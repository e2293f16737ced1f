#include <algorithm>

#include "kernels/local_response/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Pixels of a tile: its sums of squares stay in the first-level cache.
constexpr int64_t tile = 512;

class LocalResponseVector final : public Kernel {
 public:
  LocalResponseVector(const OperationView& operation, const ElementwiseFunctions& functions)
      : operation_(operation), functions_(functions) {}

  void run(const Buffers& buffers, const Team& team) const override {
    const LocalResponseOperation& o = operation_;
    const Range maps = team.share(o.batch * o.channels);
    alignas(64) float squares[tile];
    for (int64_t map = maps.begin; map < maps.end; ++map) {
      const int64_t channel = map % o.channels;
      const float* image = buffers.floats(0) + (map - channel) * o.pixels;
      for (int64_t pixel = 0; pixel < o.pixels; pixel += tile) {
        const int64_t count = std::min(tile, o.pixels - pixel);
        std::fill_n(squares, count, 0.0f);
        for (int64_t other = o.firstOf(channel); other <= o.lastOf(channel); ++other) {
          functions_.foldInto[static_cast<int>(Fold::sumSquare)](image + other * o.pixels + pixel, squares, count);
        }
        functions_.localResponse(image + channel * o.pixels + pixel, squares, buffers.result() + map * o.pixels + pixel,
                                 count, o.alpha / static_cast<float>(o.size), o.beta, o.bias);
      }
    }
  }

 private:
  LocalResponseOperation operation_;
  const ElementwiseFunctions& functions_;
};

}  // namespace

const KernelDefinition localResponseVector = {"localResponse.vector", Opcode::localResponse, overwritesNothing,
                                              supportsAll, makeVectorKernel<LocalResponseVector>};

}  // namespace gdws
