#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace gdws {

/// Which of a caller's matrices it is, in words and as properties: "the patch moments of channel 3", "channel" and 3.
struct MatrixName {
  const char* matrix;
  /// "channel" or "group" if there is one matrix for each of them; null if there is only one matrix.
  const char* unit = nullptr;
  int64_t index = 0;

  std::string text() const {
    return unit == nullptr ? matrix : std::string(matrix) + " of " + unit + " " + std::to_string(index);
  }
};

/// A matrix that the caller gave is not what it must be.
class MatrixError : public std::runtime_error {
 public:
  MatrixError(const MatrixName& matrix, const std::string& problem)
      : std::runtime_error(matrix.text() + " " + problem), matrix(matrix) {}

  const MatrixName matrix;
};

}  // namespace gdws
