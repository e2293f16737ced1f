#pragma once

#include <stdint.h>

namespace gdws {

/// Rows of one channel's map to the patches of its tiles. Tile (r, j) reads, at (kh, kw) of its patch, element j·m + kw
/// of line r·m + kh, where m is the edge of an output tile and the patch has m + 2.
struct WinogradPatchesTask {
  const float* const* lines;  ///< may be read up to two vectors beyond the last column
  int64_t nextPlane;          ///< from a line to where the next channel has it
  int64_t begin, end;         ///< elements before `begin` and from `end` on count as zeros
  int64_t rows, columns;      ///< of tiles
  float* patches;  ///< tile (r, j) of (kh, kw) at (kh·(m + 2) + kw)·patchPitch + r·columns + j; a vector spills
  int64_t patchPitch;
};

/// Vectors of tiles: element (i, j) of a matrix is at source + (i·edge + j)·sourcePitch, and likewise of the result.
struct WinogradTransformTask {
  const float* source;
  int64_t sourcePitch;
  float* result;
  int64_t resultPitch;
  int64_t vectors;
};

/// Output tiles to rows of a plane: output (r·m + i, j·m + k) is that of tile (r, j) at (i·m + k)·tilePitch + r·columns
/// + j.
struct WinogradPlaneTask {
  const float* tiles;  ///< may be read up to a vector beyond the last tile
  int64_t tilePitch;
  int64_t rows, columns;  ///< of tiles
  float* plane;           ///< rows of columns·m; up to two vectors spill after the last
  int64_t pitch;          ///< from a row of the plane to the next; where it is less, the next row overwrites the rest
};

/// The steps of a Winograd convolution around its products, for output tiles of m × m and kernels of 3 × 3.
struct WinogradFunctions {
  void (*patches)(const WinogradPatchesTask& task);
  /// Bᵀ·d·B of patches d, (m + 2) × (m + 2).
  void (*transformInput)(const WinogradTransformTask& task);
  /// Aᵀ·y·A of products y: (m + 2) × (m + 2) to m × m.
  void (*transformOutput)(const WinogradTransformTask& task);
  void (*plane)(const WinogradPlaneTask& task);
};

}  // namespace gdws
