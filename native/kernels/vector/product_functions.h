#pragma once

#include <stdint.h>

#include "program/functions.h"

namespace gdws {

/// Where one vector column of a micro-kernel's result goes: row i to result + i·resultPitch. The sum starts from what
/// `initial` has there, or from 0 where it is null; the two may be the same memory.
struct VectorPlace {
  float* result;
  int64_t resultPitch;
  const float* initial;
  int64_t initialPitch;
};

/// A tile of a matrix product: sum(i, j) = Σ_k rows(k, i)·columns(k, j). Rows are broadcast, columns are vectors.
struct MicroTile {
  const float* rows;  ///< element (k, i) at k·rowsPitch + i
  int64_t rowsPitch;
  const float* columns;  ///< element (k, j) at k·columnsPitch + j
  int64_t columnsPitch;
  int64_t depth;
  /// Memory that is needed next and not in the first-level cache: step k fetches the cache lines from
  /// ahead + (k >> aheadShift)·aheadPitch on, as many as there are vectors of columns.
  const float* ahead;
  int64_t aheadPitch;
  int64_t aheadShift;
  const float* rowBias;     ///< null, or one for each row
  const float* columnBias;  ///< null, or one for each column
  const VectorPlace* places;
  Activation activation;
  float a, b;
};

using MicroKernel = void (*)(const MicroTile&);

/// Rows of a map, with padding written as zeros and the columns of a stride sorted by their remainder: for any window
/// each tap reads consecutive floats for consecutive output columns.
struct LinesTask {
  const float* plane;  ///< height × width
  int64_t nextPlane;   ///< from here to the plane that is likely to be next
  int64_t height, width;
  int64_t firstRow, rowStep, rows;  ///< line r is row firstRow + r·rowStep of the plane, zeros where there is none
  int64_t firstColumn, columnStep;
  int64_t phases, phaseLength, phasePitch;  ///< element j of phase f is column firstColumn + f + j·columnStep
  int64_t linePitch;
  float* lines;
};

/// One depthwise kernel over lines. Tap t of the first output column of row r is lines[r·rowPitch + taps[t]].
struct DepthwiseTask {
  const float* lines;
  int64_t rowPitch;
  const int64_t* taps;
  int64_t kernelHeight, kernelWidth;
  const float* kernel;
  int64_t rows, columns;
  float* result;  ///< row r at r·columns; up to a vector more is overwritten after the last
};

/// As DepthwiseTask, added to what `result` holds: row r at r·resultPitch, in whole vectors.
struct AddedDepthwiseTask {
  DepthwiseTask depthwise;
  int64_t resultPitch;
};

/// One or two 3×3 depthwise kernels over maps without padding (FlatMaps), row after row.
struct FlatDepthwiseTask {
  const float* taps[9];     ///< where each tap reads for the first pixel
  const int32_t* notFirst;  ///< for each pixel, 0 in the first column, where the taps of column 0 are not used, else -1
  const int32_t* notLast;   ///< likewise of the last column and the taps of column 2; null where those stay in the row
  int64_t rows, columns;
  int64_t kernels;
  const float* kernel;  ///< the second follows the first
  float* result;        ///< rows · columns, and up to a vector more
  int64_t nextResult;   ///< from the first kernel's result to the second's
};

/// result = act(source + bias + residual), `count` consecutive elements.
struct FinishTask {
  const float* source;
  float bias;
  const float* residual;  ///< or null
  float* result;
  int64_t count;
  Activation activation;
  float a, b;
};

/// Whole planes as a depthwise kernel of any window reads them: each in a slot, its rows and columns sorted by the
/// strides' remainders (phases), lines `pitch` apart, so that a tap reads consecutive floats for all output pixels
/// and vectors are full however short rows are. Lines of zeros stand for the padding above and below, and columns that
/// a tap reads outside of the plane are masked out.
struct PlaneLayout {
  int64_t height, width;
  int64_t strideHeight, strideWidth;
  int64_t kernelHeight, kernelWidth;
  int64_t outputRows, outputColumns;
  int64_t pitch;       ///< from one line to the next, and from one row of sums to the next
  int64_t firstLine;   ///< where the first line is in its phase, after zeros
  int64_t zerosBelow;  ///< floats of zeros after the last line that a phase has
  int64_t phasePitch;
  int64_t slots, slotPitch;
  const int64_t* taps;           ///< by kernel row and column, where it reads for the first pixel of a slot
  const int32_t* const* inside;  ///< by kernel column: null, or for each pixel -1, but 0 where it is outside
};

/// Depthwise kernels over planes [begin, end) of `planes` ones. The slots must be zeros before the first task, and
/// hold nothing else between tasks.
struct PlanesTask {
  const PlaneLayout& layout;
  const float* x;
  int64_t begin, end, planes;
  int64_t outputsPerPlane, channels;  ///< output planes of an input plane, and of an image
  const float* kernels;               ///< by output channel
  const float* bias;                  ///< or null
  const float* residual;              ///< or null
  float* y;
  float* maps;  ///< the slots
  float* sums;  ///< for the pixels of a plane and up to four vectors more, where rows are not as long as the pitch
  Activation activation;
  float a, b;
};

/// Vector functions behind convolution, gdws, convolutionTranspose and matmul.
struct ProductFunctions {
  static constexpr int maxRows = 16;
  static constexpr int maxVectors = 8;

  /// Micro-kernels by [rows][vectors of columns]; null where the registers do not hold such a tile.
  MicroKernel micro[maxRows + 1][maxVectors + 1];
  void (*fillLines)(const LinesTask& task);
  /// Copies rows of `columns` floats to consecutive rows. Up to a vector more is read and overwritten after the last.
  void (*copyRows)(const float* source, int64_t sourcePitch, int64_t rows, int64_t columns, float* result);
  /// Copies exactly `count` floats.
  void (*copy)(const float* source, float* result, int64_t count);
  /// result[j·resultPitch + i] = source[i·sourcePitch + j], i below rows and j below columns.
  void (*transpose)(const float* source, int64_t sourcePitch, int64_t rows, int64_t columns, float* result,
                    int64_t resultPitch);
  void (*depthwise)(const DepthwiseTask& task);
  void (*addDepthwise)(const AddedDepthwiseTask& task);
  void (*flatDepthwise)(const FlatDepthwiseTask& task);
  int64_t flatKernels;  ///< the largest number of kernels of a task that the registers hold
  /// Copies exactly `count` floats of a plane; `nextPlane` is the distance to the plane that is likely to be next.
  void (*copyFromPlanes)(const float* source, int64_t nextPlane, float* result, int64_t count);
  /// even[j] = source[2j] and odd[j] = source[2j + 1], j below `count`; up to a vector more of each is overwritten.
  /// `readable` floats may be read from source on, at least 2·count: all that is left of the plane.
  void (*splitColumns)(const float* source, int64_t nextPlane, int64_t count, int64_t readable, float* even,
                       float* odd);
  void (*depthwisePlanes)(const PlanesTask& task);
  void (*finish)(const FinishTask& task);
  /// Only multiply-adds in registers, 2·lanes operations each, as the peak for benchmarks. Returns their number.
  int64_t (*multiplyAdds)(int64_t rounds, float* result);
  /// Only loads, as the bandwidth of the memory of x for benchmarks. Returns the sum.
  float (*read)(const float* x, int64_t count);
};

}  // namespace gdws
