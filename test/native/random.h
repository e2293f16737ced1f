#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace gdws::test {

/// Reproducible pseudo-random numbers (splitmix64), the same on every platform.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t bits() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// Within [low, high].
  int64_t integer(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(bits() % static_cast<uint64_t>(high - low + 1));
  }
  bool chance(double probability) { return uniform() < probability; }
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  /// Within [-1, 1).
  float number() { return static_cast<float>(2 * uniform() - 1); }
  template <class Item>
  Item choose(std::initializer_list<Item> items) {
    return items.begin()[integer(0, static_cast<int64_t>(items.size()) - 1)];
  }

 private:
  uint64_t state_;
};

}  // namespace gdws::test
