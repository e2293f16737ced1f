#pragma once

#include "kernels/operands.h"
#include "kernels/unary/function.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `recurrent`: x (T,B,G·H), r (G·H,H), bias? (H), lengths? int32 (B), initial? (B,H), initialCell? (B,H),
/// peepholes? (3·H) → y (T,B,H), last (B,H), of an lstm also lastCell (B,H). With the gates of x + h·rᵀ at each step:
/// - rnn: h = f(.)
/// - gru, gates z, r, h: z and r by f; n = g(xₕ + (r·h)·rₕᵀ) or, with `linearBeforeReset`, g(xₕ + r·(h·rₕᵀ + bias));
///   h = (1 - z)·n + z·h
/// - lstm, gates i, o, f, c: i, f and, after c = f·c + i·g(.), o by f; h = o·h(c). `peepholes` of i and f times c
/// before
///   the step, of o times c after it, are added to these gates. With `inputForget`, f is 1 - i.
/// Rows of y from the end of a sequence on are zeros, as are the last states of one without steps.
struct RecurrentOperation {
  explicit RecurrentOperation(const OperationView& operation);

  RecurrentCell cell;
  bool reverse, linearBeforeReset, inputForget;
  float clip;  ///< of the arguments of f and g, where it is positive
  UnaryCall f, g, h;
  int64_t steps, batch, hidden, gates;

  bool clips() const { return clip > 0; }
  const float* bias(const Buffers& buffers) const { return floats(buffers, 2); }
  const float* initial(const Buffers& buffers) const { return floats(buffers, 4); }
  const float* initialCell(const Buffers& buffers) const { return floats(buffers, 5); }
  const float* peepholes(const Buffers& buffers) const { return floats(buffers, 6); }
  /// Steps of the sequence in row b of the batch.
  int64_t length(const Buffers& buffers, int64_t b) const;
  /// Where row b is in y (or, times the gates, in x) at step s of its sequence, of `length` steps.
  int64_t rowAt(int64_t s, int64_t length, int64_t b) const { return (reverse ? length - 1 - s : s) * batch + b; }

 private:
  /// Null where the input is absent.
  const float* floats(const Buffers& buffers, size_t i) const { return present_[i] ? buffers.floats(i) : nullptr; }

  bool present_[7];
};

}  // namespace gdws
