#pragma once

#include <cstdint>
#include <vector>

#include "native/test_case.h"

namespace gdws::test {

/// Adds random bytes of a type, as a constant or an input: any, or often the ends of the type.
void addBytes(TestCase& testCase, Random& random, Storage storage, DataType type, const Dims& dims);
DataType randomByteType(Random& random);

/// What a sum of products of bytes becomes, drawn with its optional inputs.
class SumOfBytes {
 public:
  /// A number that sums of `depth` products are about as large as.
  SumOfBytes(Random& random, int64_t depth, const Dims& output);

  /// Adds scale, bias, residual and the output, in this order.
  void finish(TestCase& testCase);

  /// The attributes that all operations with such results have.
  template <class Attributes>
  void set(Attributes& attributes) {
    if (type_ != DataType::uint8 && type_ != DataType::int8) return;
    const auto [least, most] = randomLimits(type_);
    attributes.least = least;
    attributes.most = most;
    attributes.zeroPoint = numberOf(type_);
    if (random_.chance(0.3)) attributes.zeroPoint = attributes.least;
    if (!hasResidual_) return;
    attributes.residualZeroPoint = numberOf(residualType_);
    attributes.residualScale = random_.choose<float>({1, 0.5f, 2, random_.number()});
    attributes.sumScale = random_.chance(0.5) ? 1 : random_.number() * 2;
    attributes.sumsBytes = random_.chance(0.5);
    const int32_t zeroPoint = numberOf(type_);
    const auto [innerLeast, innerMost] = randomLimits(type_);
    attributes.innerLeast = innerLeast - zeroPoint;
    attributes.innerMost = innerMost - zeroPoint;
  }

 private:
  struct Limits {
    int32_t least, most;
  };
  int32_t numberOf(DataType type);
  Limits randomLimits(DataType type);

  Random& random_;
  Dims output_;
  int64_t channels_;
  double size_;
  DataType type_, residualType_;
  bool hasResidual_;
};

/// Multipliers that make numbers of about `size` a few bytes, or saturate them; powers of two make ties.
std::vector<float> randomScales(Random& random, int64_t count, double size);

}  // namespace gdws::test
