#include <algorithm>

#include "kernels/recurrent/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

class RecurrentReference final : public Kernel {
 public:
  explicit RecurrentReference(const OperationView& operation) : o_(operation) {}

  /// The hidden state times the reset gate, of one row.
  int64_t scratchBytes(int) const override { return o_.hidden * int64_t{sizeof(double)}; }

  void run(const Buffers& buffers, const Team& team) const override {
    if (team.index != 0) return;
    std::fill_n(buffers.result(), o_.steps * o_.batch * o_.hidden, 0.0f);
    for (int64_t b = 0; b < o_.batch; ++b) runRow(buffers, b);
  }

 private:
  /// What the gates of one step are computed from.
  struct Step {
    const float* x;         ///< (G·H)
    const float* previous;  ///< the state before the step, or null for zeros
    const float* r;
  };

  void runRow(const Buffers& buffers, int64_t b) const {
    const int64_t length = o_.length(buffers, b), hidden = o_.hidden;
    const float* initial = o_.initial(buffers);
    const float* previous = initial == nullptr ? nullptr : initial + b * hidden;
    float* cells = o_.cell == RecurrentCell::lstm ? buffers.result(2) + b * hidden : nullptr;
    if (cells != nullptr) {
      const float* given = o_.initialCell(buffers);
      for (int64_t j = 0; j < hidden; ++j) cells[j] = given == nullptr ? 0.0f : given[b * hidden + j];
    }
    for (int64_t s = 0; s < length; ++s) {
      const int64_t row = o_.rowAt(s, length, b);
      const Step step{buffers.floats(0) + row * o_.gates * hidden, previous, buffers.floats(1)};
      float* y = buffers.result() + row * hidden;
      if (o_.cell == RecurrentCell::rnn) {
        for (int64_t j = 0; j < hidden; ++j) y[j] = static_cast<float>(o_.f(clipped(gate(step, 0, j))));
      } else if (o_.cell == RecurrentCell::gru) {
        runGru(buffers, step, y);
      } else {
        runLstm(buffers, step, cells, y);
      }
      previous = y;
    }
    float* last = buffers.result(1) + b * hidden;
    for (int64_t j = 0; j < hidden; ++j) last[j] = length == 0 ? 0.0f : previous[j];
    if (cells != nullptr && length == 0) std::fill_n(cells, hidden, 0.0f);
  }

  void runGru(const Buffers& buffers, const Step& step, float* y) const {
    auto* reset = reinterpret_cast<double*>(buffers.scratch);
    const auto state = [&](int64_t k) { return step.previous == nullptr ? 0.0 : double{step.previous[k]}; };
    for (int64_t k = 0; k < o_.hidden; ++k) reset[k] = o_.f(clipped(gate(step, 1, k))) * state(k);
    const float* bias = o_.bias(buffers);
    for (int64_t j = 0; j < o_.hidden; ++j) {
      const double z = o_.f(clipped(gate(step, 0, j)));
      const int64_t at = 2 * o_.hidden + j;
      double sum = 0;
      if (o_.linearBeforeReset) {
        sum = bias == nullptr ? 0.0 : double{bias[j]};
        for (int64_t k = 0; k < o_.hidden; ++k) sum += state(k) * step.r[at * o_.hidden + k];
        sum *= o_.f(clipped(gate(step, 1, j)));
      } else {
        for (int64_t k = 0; k < o_.hidden; ++k) sum += reset[k] * step.r[at * o_.hidden + k];
      }
      y[j] = static_cast<float>((1 - z) * o_.g(clipped(step.x[at] + sum)) + z * state(j));
    }
  }

  void runLstm(const Buffers& buffers, const Step& step, float* cells, float* y) const {
    const float* peepholes = o_.peepholes(buffers);
    for (int64_t j = 0; j < o_.hidden; ++j) {
      const auto peephole = [&](int64_t number, double c) {
        return peepholes == nullptr ? 0.0 : peepholes[number * o_.hidden + j] * c;
      };
      const double before = cells[j];
      const double i = o_.f(clipped(gate(step, 0, j) + peephole(0, before)));
      const double forget = o_.inputForget ? 1 - i : o_.f(clipped(gate(step, 2, j) + peephole(2, before)));
      const double c = forget * before + i * o_.g(clipped(gate(step, 3, j)));
      const double out = o_.f(clipped(gate(step, 1, j) + peephole(1, c)));
      cells[j] = static_cast<float>(c);
      y[j] = static_cast<float>(out * o_.h(c));
    }
  }

  /// x + h·rᵀ of unit j of a gate.
  double gate(const Step& step, int64_t number, int64_t j) const {
    const int64_t at = number * o_.hidden + j;
    double sum = step.x[at];
    if (step.previous == nullptr) return sum;
    for (int64_t k = 0; k < o_.hidden; ++k) sum += double{step.previous[k]} * step.r[at * o_.hidden + k];
    return sum;
  }

  double clipped(double x) const { return o_.clips() ? std::clamp<double>(x, -o_.clip, o_.clip) : x; }

  RecurrentOperation o_;
};

}  // namespace

const KernelDefinition recurrentReference = {"recurrent.reference", Opcode::recurrent, overwritesNothing, supportsAll,
                                             makeKernel<RecurrentReference>};

}  // namespace gdws
