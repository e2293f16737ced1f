// Depthwise kernels over whole small planes.
#pragma once

#include "kernels/vector/depthwise.vector.h"
#include "kernels/vector/lines.vector.h"
#include "kernels/vector/product_functions.h"
#include "kernels/vector/vector.h"

namespace gdws {
namespace GDWS_ISA {

/// Even and odd columns of a row apart; `readable` floats may be read from `source` on. Of each up to a vector more is
/// overwritten.
GDWS_INLINE void splitRow(const float* source, int64_t nextPlane, int64_t width, int64_t readable, float* even,
                          float* odd) {
  const int64_t evens = (width + 1) / 2;
  for (int64_t j = splitVectors(source, nextPlane, evens, readable, even, odd); j < evens; ++j) {
    even[j] = source[2 * j];
    if (2 * j + 1 < width) odd[j] = source[2 * j + 1];
  }
}

/// Copies a plane into a slot. The lines above it are zeros already, those below become zeros.
GDWS_INLINE void fillSlot(const PlanesTask& task, const float* plane, int64_t readable, float* slot) {
  const PlaneLayout& layout = task.layout;
  const int64_t width = layout.width, height = layout.height;
  const int64_t rowStep = layout.strideHeight, columnStep = layout.strideWidth;
  if (rowStep == 1 && columnStep == 1 && layout.pitch == width) {
    copyExactly(plane, slot + layout.firstLine, height * width);
    return;
  }
  for (int64_t phase = 0; phase < rowStep; ++phase) {
    float* line = slot + phase * columnStep * layout.phasePitch + layout.firstLine;
    for (int64_t row = phase; row < height; row += rowStep) {
      const float* source = plane + row * width;
      if (columnStep == 1) {
        copyExactly(source, line, width);
      } else if (columnStep == 2) {
        splitRow(source, width * height, width, readable - row * width, line, line + layout.phasePitch);
      } else {
        for (int64_t j = 0; j < width; ++j) line[j % columnStep * layout.phasePitch + j / columnStep] = source[j];
      }
      line += layout.pitch;
    }
    // What a vector wrote beyond the last line.
    if (columnStep == 2) {
      for (int64_t i = 0; i < 2; ++i) zeroAtLeast(line + i * layout.phasePitch, layout.zerosBelow);
    }
  }
}

/// The sums of `Vectors` vectors of pixels. `Kernel` is the kernel's edge, or 0 where it is only known at run time.
template <int Kernel, int Vectors>
GDWS_INLINE void sumPixels(const PlaneLayout& layout, const float* slot, const float* kernel, int64_t pixel,
                           Vector* total) {
  const int64_t height = Kernel == 0 ? layout.kernelHeight : Kernel, width = Kernel == 0 ? layout.kernelWidth : Kernel;
  const auto addColumn = [&](int64_t kw) __attribute__((always_inline)) {
    Vector sum[Vectors] = {};
#pragma GCC unroll 5
    for (int64_t kh = 0; kh < height; ++kh) {
      const Vector weight = broadcast(kernel[kh * width + kw]);
      const float* x = slot + layout.taps[kh * width + kw] + pixel;
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[v] += weight * load(x + v * lanes);
    }
    const int32_t* inside = layout.inside[kw];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      total[v] += inside == nullptr ? sum[v] : masked(sum[v], inside + pixel + v * lanes);
    }
  };
  if constexpr (Kernel == 0) {
    for (int64_t kw = 0; kw < width; ++kw) addColumn(kw);
  } else {
#pragma GCC unroll 5
    for (int64_t kw = 0; kw < Kernel; ++kw) addColumn(kw);
  }
}

/// All pixels of a plane. Where rows lie one after the other they go to y at once, else through `task.sums`.
template <int Kernel>
GDWS_INLINE void planeOf(const PlanesTask& task, const float* slot, const float* kernel, float bias,
                         const float* residual, float* y) {
  const PlaneLayout& layout = task.layout;
  const int64_t pitch = layout.pitch, rows = layout.outputRows, columns = layout.outputColumns;
  const int64_t pixels = (rows - 1) * pitch + columns;
  const Vector a = broadcast(task.a), b = broadcast(task.b);
  if (pitch != columns) bias = 0;
  const auto compute = [&]<int Vectors>(int64_t pixel) __attribute__((always_inline)) {
    Vector total[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) total[v] = broadcast(bias);
    sumPixels<Kernel, Vectors>(layout, slot, kernel, pixel, total);
    if (pitch != columns) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) store(task.sums + pixel + v * lanes, total[v]);
      return;
    }
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      const int64_t at = pixel + v * lanes, left = pixels - at;
      if (left >= lanes) {
        if (residual != nullptr) total[v] += load(residual + at);
        store(y + at, activateVector(total[v], task.activation, a, b));
      } else {
        if (residual != nullptr) total[v] += loadFirst(residual + at, left);
        storeFirst(y + at, activateVector(total[v], task.activation, a, b), left);
      }
    }
  };
  constexpr int most = registers == 32 ? 4 : 3;
  int64_t pixel = 0;
  for (; pixel + (most - 1) * lanes < pixels; pixel += most * lanes) compute.template operator()<most>(pixel);
  if (pixel + lanes < pixels) {
    compute.template operator()<2>(pixel);
    pixel += 2 * lanes;
  }
  if (pixel < pixels) compute.template operator()<1>(pixel);
}

GDWS_INLINE void finishRows(const PlanesTask& task, float bias, const float* residual, float* y) {
  const PlaneLayout& layout = task.layout;
  for (int64_t row = 0; row < layout.outputRows; ++row) {
    const int64_t at = row * layout.outputColumns;
    finish({task.sums + row * layout.pitch, bias, residual == nullptr ? nullptr : residual + at, y + at,
            layout.outputColumns, task.activation, task.a, task.b});
  }
}

template <int Kernel>
static void planesOf(const PlanesTask& task) {
  const PlaneLayout& layout = task.layout;
  const int64_t inputPixels = layout.height * layout.width, outputPixels = layout.outputRows * layout.outputColumns;
  const int64_t taps = layout.kernelHeight * layout.kernelWidth;
  for (int64_t plane = task.begin; plane < task.end; plane += layout.slots) {
    const int64_t left = task.end - plane, slots = left < layout.slots ? left : layout.slots;
    for (int64_t s = 0; s < slots; ++s) {
      fillSlot(task, task.x + (plane + s) * inputPixels, (task.planes - plane - s) * inputPixels,
               task.maps + s * layout.slotPitch);
    }
    for (int64_t s = 0; s < slots; ++s) {
      for (int64_t i = 0; i < task.outputsPerPlane; ++i) {
        const int64_t output = (plane + s) * task.outputsPerPlane + i, channel = output % task.channels;
        const float bias = task.bias == nullptr ? 0 : task.bias[channel];
        const float* residual = task.residual == nullptr ? nullptr : task.residual + output * outputPixels;
        float* y = task.y + output * outputPixels;
        planeOf<Kernel>(task, task.maps + s * layout.slotPitch, task.kernels + channel * taps, bias, residual, y);
        if (layout.pitch != layout.outputColumns) finishRows(task, bias, residual, y);
      }
    }
  }
}

static void depthwisePlanes(const PlanesTask& task) {
  const PlaneLayout& layout = task.layout;
  if (layout.kernelHeight == 3 && layout.kernelWidth == 3) return planesOf<3>(task);
  if (layout.kernelHeight == 5 && layout.kernelWidth == 5) return planesOf<5>(task);
  planesOf<0>(task);
}

}  // namespace GDWS_ISA
}  // namespace gdws
