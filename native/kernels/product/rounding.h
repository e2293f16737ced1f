#pragma once

#include <cstddef>
#include <cstdint>

namespace gdws {

/// Floats of a cache line.
inline constexpr int64_t lineFloats = 16;

/// a / b, rounded up.
constexpr int64_t quotientUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// The least multiple of `grain` that is at least `count`.
constexpr int64_t roundUp(int64_t count, int64_t grain) { return quotientUp(count, grain) * grain; }

/// At least `count` floats, in whole cache lines.
constexpr int64_t wholeLines(int64_t count) { return roundUp(count, lineFloats); }

/// At least `count` floats, an odd number of cache lines: rows at this distance spread over all sets of a cache.
constexpr int64_t oddLines(int64_t count) { return (quotientUp(count, lineFloats) | 1) * lineFloats; }

}  // namespace gdws
