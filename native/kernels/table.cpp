#include <algorithm>

#include "engine/aligned_bytes.h"
#include "engine/memory_account.h"
#include "kernels/argReduce/kernels.h"
#include "kernels/averagePool/kernels.h"
#include "kernels/binary/kernels.h"
#include "kernels/cast/kernels.h"
#include "kernels/compare/kernels.h"
#include "kernels/concat/kernels.h"
#include "kernels/convolution/kernels.h"
#include "kernels/convolutionTranspose/kernels.h"
#include "kernels/cumulativeSum/kernels.h"
#include "kernels/gather/kernels.h"
#include "kernels/gatherElements/kernels.h"
#include "kernels/gatherND/kernels.h"
#include "kernels/gdws/kernels.h"
#include "kernels/gridSample/kernels.h"
#include "kernels/interpolate/kernels.h"
#include "kernels/kernel.h"
#include "kernels/localResponse/kernels.h"
#include "kernels/matmul/kernels.h"
#include "kernels/maxPool/kernels.h"
#include "kernels/maxPoolGradient/kernels.h"
#include "kernels/maxPoolIndices/kernels.h"
#include "kernels/maxUnpool/kernels.h"
#include "kernels/normalize/kernels.h"
#include "kernels/pad/kernels.h"
#include "kernels/reduce/kernels.h"
#include "kernels/roiAlign/kernels.h"
#include "kernels/scaleShift/kernels.h"
#include "kernels/scatterElements/kernels.h"
#include "kernels/scatterND/kernels.h"
#include "kernels/select/kernels.h"
#include "kernels/softmax/kernels.h"
#include "kernels/strided/kernels.h"
#include "kernels/topK/kernels.h"
#include "kernels/unary/kernels.h"

namespace gdws {

const std::vector<KernelDefinition>& kernelTable() {
  // Never destroyed: threads may compile while the process ends.
  static const auto* const table = new std::vector<KernelDefinition>([] {
    std::vector<KernelDefinition> all;
    const auto append = [&all](const auto& kernels) {
      for (const KernelDefinition* kernel : kernels) all.push_back(*kernel);
    };
    append(argReduceKernels);
    append(averagePoolKernels);
    append(binaryKernels);
    append(castKernels);
    append(compareKernels);
    append(concatKernels);
    append(convolutionKernels);
    append(convolutionTransposeKernels);
    append(cumulativeSumKernels);
    append(gatherKernels);
    append(gatherElementsKernels);
    append(gatherNDKernels);
    append(gdwsKernels);
    append(gridSampleKernels);
    append(interpolateKernels);
    append(localResponseKernels);
    append(matmulKernels);
    append(maxPoolKernels);
    append(maxPoolGradientKernels);
    append(maxPoolIndicesKernels);
    append(maxUnpoolKernels);
    append(normalizeKernels);
    append(padKernels);
    append(reduceKernels);
    append(roiAlignKernels);
    append(scaleShiftKernels);
    append(scatterElementsKernels);
    append(scatterNDKernels);
    append(selectKernels);
    append(softmaxKernels);
    append(stridedKernels);
    append(topKKernels);
    append(unaryKernels);
    return all;
  }());
  return *table;
}

std::shared_ptr<float[]> allocateFloats(size_t count, PageSize pageSize) {
  constexpr size_t manyBytes = size_t{1} << 20;
  if (count * sizeof(float) >= manyBytes) {
    struct Pages {
      PageMemory memory;
      CountedBytes counted;
    };
    const std::shared_ptr<Pages> pages(
        new Pages{PageMemory(count * sizeof(float), pageSize), {MemoryUse::weights, static_cast<int64_t>(count * sizeof(float))}});
    return std::shared_ptr<float[]>(pages, reinterpret_cast<float*>(pages->memory.data()));
  }
  const AlignedBytes bytes = allocateCounted(count * sizeof(float), MemoryUse::weights);
  auto* floats = reinterpret_cast<float*>(bytes.get());
  std::fill_n(floats, count, 0.0f);
  return std::shared_ptr<float[]>(bytes, floats);
}

}  // namespace gdws
