#include "kernels/recurrent/gate_product.h"

#include <algorithm>

#include "kernels/product/rounding.h"

namespace gdws {

GateProduct::GateProduct(int64_t hidden, int64_t firstGate, int64_t gates, int64_t rows, const VectorTable& vectors)
    : hidden_(hidden),
      firstGate_(firstGate),
      gates_(gates),
      vectors_(vectors),
      blocking_(chooseBlocking(vectors, std::max<int64_t>(1, rows), quotientUp(hidden, vectors.lanes), hidden, gates)) {
}

Range GateProduct::units(const Range& parts) const {
  const auto unit = [&](int64_t part) {
    return part == blocking_.vectors.parts ? hidden_ : blocking_.vectors.begin(part) * vectors_.lanes;
  };
  return {unit(parts.begin), unit(parts.end)};
}

int64_t GateProduct::packedFloats() const { return blocking_.vectors.total * vectors_.lanes * gates_ * hidden_; }

int64_t GateProduct::partAt(int64_t part) const {
  return blocking_.vectors.begin(part) * vectors_.lanes * gates_ * hidden_;
}

void GateProduct::pack(const float* r, const Range& parts, float* packed) const {
  for (int64_t part = parts.begin; part < parts.end; ++part) {
    const Range own = units({part, part + 1});
    const int64_t width = blocking_.vectors.size(part) * vectors_.lanes, count = own.end - own.begin;
    for (int64_t gate = 0; gate < gates_; ++gate) {
      const float* from = r + ((firstGate_ + gate) * hidden_ + own.begin) * hidden_;
      float* to = packed + partAt(part) + gate * width;
      for (int64_t k = 0; k < hidden_; ++k, to += gates_ * width) {
        for (int64_t j = 0; j < count; ++j) to[j] = from[j * hidden_ + k];
        std::fill(to + count, to + width, 0.0f);
      }
    }
  }
}

std::string GateProduct::key() const {
  std::string key = "gates";
  for (const int64_t number : {hidden_, firstGate_, gates_, blocking_.vectors.parts}) {
    key += ' ';
    key += std::to_string(number);
  }
  return key;
}

void GateProduct::add(const float* packed, const float* states, int64_t rows, const Range& parts,
                      const GateRows& gates) const {
  const Split rowParts = Split::atMost(rows, blocking_.rows.largest());
  const int64_t lanes = vectors_.lanes;
  VectorPlace places[ProductFunctions::maxVectors];
  MicroTile micro{};
  micro.rowsPitch = rows;
  micro.depth = hidden_;
  micro.places = places;
  for (int64_t part = parts.begin; part < parts.end; ++part) {
    const int64_t first = blocking_.vectors.begin(part) * lanes, vectorCount = blocking_.vectors.size(part);
    micro.columns = packed + partAt(part);
    micro.columnsPitch = gates_ * vectorCount * lanes;
    // The next weights, while these are multiplied.
    micro.ahead = micro.columns + 8 * micro.columnsPitch;
    micro.aheadPitch = micro.columnsPitch;
    for (int64_t p = 0; p < rowParts.parts; ++p) {
      const int64_t row = rowParts.begin(p);
      for (int64_t v = 0; v < gates_ * vectorCount; ++v) {
        float* to = gates.floats + row * gates.rowPitch + (firstGate_ + v / vectorCount) * gates.gatePitch + first +
                    v % vectorCount * lanes;
        places[v] = {to, gates.rowPitch, to, gates.rowPitch};
      }
      micro.rows = states + row;
      vectors_.product.micro[rowParts.size(p)][gates_ * vectorCount](micro);
    }
  }
}

double GateProduct::cycles(int64_t rows, int64_t parts) const {
  // Two multiply-adds a cycle, and weights from the second-level cache, of which a product of few rows is mostly made.
  constexpr double multiplyAddsPerCycle = 1.6, weightsPerCycle = 8;
  const double share = static_cast<double>(parts) / static_cast<double>(blocking_.vectors.parts);
  const auto weights = static_cast<double>(packedFloats());
  return share * weights *
         std::max(static_cast<double>(rows) / (multiplyAddsPerCycle * vectors_.lanes), 1 / weightsPerCycle);
}

}  // namespace gdws
