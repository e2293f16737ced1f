#include "linalg/pointwise.h"

#include <numeric>
#include <vector>

#include "base/run_team.h"
#include "base/team.h"
#include "linalg/interruption.h"

namespace gdws {

namespace {

/// One channel: its `count` columns of `pointwise`, whose rows are `stride` apart. Returns ‖W_c - Q_c‖².
double pointwiseColumns(const LayerWeights& weights, int64_t channel, int64_t count, const float* kernels,
                        int64_t stride, float* pointwise) {
  double error = 0;
  for (int64_t row = 0; row < weights.rows(); ++row) {
    const float* block = weights.row(channel, row);
    float* columns = pointwise + row * stride;
    for (int64_t i = 0; i < count; ++i) {
      const float* kernel = kernels + i * weights.taps;
      double sum = 0;
      for (int64_t tap = 0; tap < weights.taps; ++tap) sum += static_cast<double>(block[tap]) * kernel[tap];
      columns[i] = static_cast<float>(sum);
    }
    for (int64_t tap = 0; tap < weights.taps; ++tap) {
      double left = block[tap];
      for (int64_t i = 0; i < count; ++i) left -= static_cast<double>(columns[i]) * kernels[i * weights.taps + tap];
      error += left * left;
    }
  }
  return error;
}

}  // namespace

void pointwiseWeights(const LayerWeights& weights, const int32_t* counts, const float* kernels, int threads,
                      float* pointwise, double* errors) {
  std::vector<int64_t> first(weights.inputChannels + 1, 0);
  std::partial_sum(counts, counts + weights.inputChannels, first.begin() + 1, std::plus<int64_t>());
  const int64_t perGroup = first.back() / weights.groups;

  const Interruption interruption = Interruption::current();
  runTeam(threads, [&](const Team& team) {
    const Range mine = team.share(weights.inputChannels);
    for (int64_t channel = mine.begin; channel < mine.end && !interruption.isAsked(); ++channel) {
      const int64_t group = channel / weights.channelsPerGroup();
      float* columns = pointwise + group * weights.rows() * perGroup + (first[channel] - group * perGroup);
      errors[channel] = pointwiseColumns(weights, channel, counts[channel], kernels + first[channel] * weights.taps,
                                         perGroup, columns);
    }
  });
  interruption.check();
}

}  // namespace gdws
