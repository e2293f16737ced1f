#include "kernels/gather_nd/tuples.h"

namespace gdws {

Tuples::Tuples(const OperationView& operation, size_t i, std::vector<int64_t> dims) : dims_(std::move(dims)) {
  const Value& index = indicesOf(operation, i);
  wide_ = index.type == DataType::int64;
  if (dims_.empty() || index.rank() == 0 || index.dims.back() != static_cast<int64_t>(dims_.size())) {
    operation.fail("indices " + describe(index.dims) + " are no positions in " + describe(dims_));
  }
  count_ = countOf(index.dims, 0, index.rank() - 1);
  if (count_ > 0 && countOf(dims_, 0, dims_.size()) == 0) operation.fail("an index into an axis without elements");
  if (index.storage != Storage::constant) return;
  for (size_t k = 0; k < index.elements; ++k) {
    const int64_t n = dims_[k % dims_.size()];
    const int64_t place = indexAt(index.data, static_cast<int64_t>(k));
    if (place < -n || place >= n) {
      operation.fail("index " + std::to_string(place) + " into an axis of " + std::to_string(n) + " elements");
    }
  }
  std::vector<int64_t> places(index.elements / dims_.size());
  for (size_t k = 0; k < places.size(); ++k) places[k] = read(index.data, static_cast<int64_t>(k));
  constant_ = std::move(places);
}

}  // namespace gdws
