#include "linalg/pointwise.h"

#include <omp.h>

#include "engine/team.h"

namespace gdws {

void pointwiseWeights(const LayerWeights& weights, const int32_t* counts, const float* kernels, int threads,
                      float* pointwise) {
  int64_t total = 0;
  for (int64_t channel = 0; channel < weights.inputChannels; ++channel) total += counts[channel];
  const int64_t perGroup = total / weights.groups;

#pragma omp parallel num_threads(threads)
  {
    const Range mine = Team{omp_get_thread_num(), omp_get_num_threads()}.share(weights.rows());
    int64_t first = 0;
    for (int64_t channel = 0; channel < weights.inputChannels; ++channel) {
      const int64_t firstOutput = channel / weights.channelsPerGroup() * weights.rows();
      for (int64_t row = mine.begin; row < mine.end; ++row) {
        const float* block = weights.row(channel, row);
        float* target = pointwise + (firstOutput + row) * perGroup + first % perGroup;
        for (int64_t i = 0; i < counts[channel]; ++i) {
          const float* kernel = kernels + (first + i) * weights.taps;
          double sum = 0;
          for (int64_t tap = 0; tap < weights.taps; ++tap) sum += static_cast<double>(block[tap]) * kernel[tap];
          target[i] = static_cast<float>(sum);
        }
      }
      first += counts[channel];
    }
  }
}

}  // namespace gdws
