#include "kernels/gather/indices.h"

namespace gdws {

Indices::Indices(const OperationView& operation, size_t i, int64_t n) : n_(n) {
  const Value& index = indicesOf(operation, i);
  wide_ = index.type == DataType::int64;
  count_ = static_cast<int64_t>(index.elements);
  if (count_ > 0 && n == 0) operation.fail("an index into an axis without elements");
  if (index.storage != Storage::constant) return;
  std::vector<int32_t> indices(index.elements);
  for (size_t k = 0; k < index.elements; ++k) {
    const int64_t place =
        wide_ ? static_cast<const int64_t*>(index.data)[k] : static_cast<const int32_t*>(index.data)[k];
    if (place < -n || place >= n) {
      operation.fail("index " + std::to_string(place) + " into an axis of " + std::to_string(n) + " elements");
    }
    indices[k] = static_cast<int32_t>(within(place));
  }
  constant_ = std::move(indices);
}

}  // namespace gdws
