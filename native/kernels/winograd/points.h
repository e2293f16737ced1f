#pragma once

namespace gdws {

/// Winograd's convolution F(m×m, 3×3) multiplies polynomials at m + 1 finite points and at infinity. Here these are 0
/// and pairs ±p: one pair for m = 2, two for m = 4. Points whose powers stay near 1 keep rounding errors small.
template <int Pairs>
struct WinogradPoints;

template <>
struct WinogradPoints<1> {
  static constexpr double pairs[] = {1};
};

template <>
struct WinogradPoints<2> {
  static constexpr double pairs[] = {0.75, 1.5};
};

}  // namespace gdws
