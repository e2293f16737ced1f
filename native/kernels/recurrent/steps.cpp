#include <algorithm>
#include <optional>

#include "base/aligned_floats.h"
#include "kernels/product/rounding.h"
#include "kernels/recurrent/gate_product.h"
#include "kernels/recurrent/operation.h"
#include "kernels/registry.h"

namespace gdws {

namespace {

/// Elementwise functions of rows of this many units.
class Rows {
 public:
  Rows(const ElementwiseFunctions& functions, int64_t count) : functions_(functions), count_(count) {}

  /// x = f(x)
  void apply(const UnaryCall& f, float* x) const { apply(f, x, x); }
  void apply(const UnaryCall& f, const float* x, float* y) const {
    functions_.unary[static_cast<int>(f.function)](x, y, count_, f.a, f.b);
  }
  /// x = x·y and x = x + y
  void multiply(float* x, const float* y) const { binary(BinaryFunction::mul, x, y, x); }
  void add(float* x, const float* y) const { binary(BinaryFunction::add, x, y, x); }
  void multiply(const float* x, const float* y, float* z) const { binary(BinaryFunction::mul, x, y, z); }
  /// x = 1 - x
  void complement(float* x) const { apply({UnaryFunction::linear, -1, 1}, x); }

 private:
  void binary(BinaryFunction f, const float* x, const float* y, float* z) const {
    functions_.binary[static_cast<int>(f)][static_cast<int>(OperandForm::bothRows)][static_cast<int>(Activation::none)](
        x, y, z, count_, 0, 0);
  }

  const ElementwiseFunctions& functions_;
  int64_t count_;
};

/// Goes through time. Threads divide the rows of the batch, or the units of the state (of all its gates), after which
/// they meet at each step, or both.
class RecurrentSteps final : public Kernel {
 public:
  RecurrentSteps(const OperationView& operation, KernelContext& context)
      : o_(operation), vectors_(context.vectors), pitch_(roundUp(o_.hidden, context.vectors.lanes)) {
    resetsFirst_ = o_.cell == RecurrentCell::gru && !o_.linearBeforeReset;
    const int64_t rows = std::min<int64_t>(o_.batch, ProductFunctions::maxRows);
    products_.emplace_back(o_.hidden, 0, resetsFirst_ ? 2 : o_.gates, rows, vectors_);
    if (resetsFirst_) products_.emplace_back(o_.hidden, 2, 1, rows, vectors_);
    const Value& r = operation.input(1);
    for (const GateProduct& product : products_) {
      packedFloats_.push_back(product.packedFloats());
      if (r.storage != Storage::constant) continue;
      constants_.push_back(
          context.packedWeights.find("recurrent " + std::to_string(r.index) + " " + product.key(), [&] {
            const std::shared_ptr<float[]> packed = allocateFloats(product.packedFloats());
            product.pack(static_cast<const float*>(r.data), {0, product.parts()}, packed.get());
            return packed;
          }));
    }
  }

  int64_t scratchBytes(int) const override { return layout(nullptr).bytes; }
  bool readsInput(size_t i) const override { return i != 1 || constants_.empty(); }

  void run(const Buffers& buffers, const Team& team) const override {
    const Scratch scratch = layout(reinterpret_cast<float*>(buffers.scratch));
    // Threads that pack weights in each run divide all units; where they cannot meet, the first does the work.
    const bool packs = constants_.empty();
    const int threads = packs && team.meeting == nullptr ? 1 : team.size;
    if (team.index >= threads) return;
    const int across = packs ? threads : unitTeams(team);
    const Team rowTeam{team.index / across, threads / across}, unitTeam{team.index % across, across};
    Work work{buffers, scratch, rowTeam.share(o_.batch), {}, {}, {}};
    const int64_t products = static_cast<int64_t>(products_.size());
    for (int64_t p = 0; p < products; ++p) {
      work.parts[p] = unitTeam.share(products_[p].parts());
      work.units[p] = products_[p].units(work.parts[p]);
      work.packed[p] = packs ? scratch.packed[p] : constants_[p].get();
      if (packs) products_[p].pack(buffers.floats(1), work.parts[p], scratch.packed[p]);
    }
    begin(work);
    const Meeting* meeting = across > 1 ? team.meeting : nullptr;
    meet(meeting);
    // Every thread makes the same number of steps, and meets as often.
    int64_t steps = 0;
    for (int64_t b = 0; b < o_.batch; ++b) steps = std::max(steps, o_.length(buffers, b));
    for (int64_t s = 0; s < steps; ++s) {
      const float* states = scratch.states[s % 2];
      float* next = scratch.states[(s + 1) % 2];
      if (resetsFirst_) {
        addProduct(work, 0, s, states);
        resetStates(work, s);
        meet(meeting);
        addProduct(work, 1, s, scratch.reset);
      } else {
        addProduct(work, 0, s, states);
      }
      advance(work, s, next);
      meet(meeting);
    }
    end(work);
  }

 private:
  static constexpr int64_t maxProducts = 2;

  /// All threads' scratch memory. Rows are `pitch_` apart, states have the rows of a team side by side.
  struct Scratch {
    float* packed[maxProducts];  ///< weights that are no constants
    float* gates;                ///< (B,G,pitch)
    float* hidden;               ///< (B,pitch): the state, row by row
    float* cells;                ///< (B,pitch), of an lstm
    float* states[2];            ///< (H,rows) of each team: before and after a step
    float* reset;                ///< likewise, times the reset gate
    int64_t bytes;
  };

  /// What a thread computes.
  struct Work {
    const Buffers& buffers;
    const Scratch& scratch;
    Range rows;
    Range parts[maxProducts], units[maxProducts];
    const float* packed[maxProducts];
  };

  static void meet(const Meeting* meeting) {
    if (meeting != nullptr) meeting->wait();
  }

  Scratch layout(float* scratch) const {
    Scratch parts{};
    int64_t used = 0;
    const auto take = [&](int64_t floats) {
      float* at = scratch == nullptr ? nullptr : scratch + used;
      used += wholeLines(floats);
      return at;
    };
    if (constants_.empty()) {
      for (size_t p = 0; p < products_.size(); ++p) parts.packed[p] = take(packedFloats_[p]);
    }
    parts.gates = take(o_.batch * o_.gates * pitch_);
    parts.hidden = take(o_.batch * pitch_);
    if (o_.cell == RecurrentCell::lstm) parts.cells = take(o_.batch * pitch_);
    for (float*& states : parts.states) states = take(o_.batch * pitch_);
    if (resetsFirst_) parts.reset = take(o_.batch * pitch_);
    parts.bytes = used * int64_t{sizeof(float)};
    return parts;
  }

  /// Of how many threads each the teams are that divide the units: those of least estimated cycles.
  int unitTeams(const Team& team) const {
    int best = 1;
    double bestCycles = 0;
    for (int across = 1; across <= team.size; ++across) {
      if (team.size % across != 0 || (across > 1 && team.meeting == nullptr)) continue;
      const int64_t rows = quotientUp(o_.batch, team.size / across);
      constexpr double cyclesPerUnit = 2;
      double cycles = static_cast<double>(rows * o_.gates * o_.hidden) * cyclesPerUnit / across;
      for (const GateProduct& product : products_) {
        cycles += product.cycles(rows, quotientUp(product.parts(), across));
        if (across > 1) cycles += team.meeting->cycles();
      }
      if (bestCycles == 0 || cycles < bestCycles) {
        bestCycles = cycles;
        best = across;
      }
    }
    return best;
  }

  int64_t rowCount(const Work& work) const { return work.rows.end - work.rows.begin; }
  float* gate(const Work& work, int64_t b, int64_t number, int64_t unit) const {
    return work.scratch.gates + (b * o_.gates + number) * pitch_ + unit;
  }
  /// The states of a team's rows, from a unit on.
  float* panel(const Work& work, float* states, int64_t unit) const {
    return states + work.rows.begin * pitch_ + unit * rowCount(work);
  }

  /// Units of rows to the states that the next product reads.
  void spread(const Work& work, const Range& units, const float* rows, int64_t rowPitch, float* states) const {
    vectors_.product.transpose(rows, rowPitch, rowCount(work), units.end - units.begin,
                               panel(work, states, units.begin), rowCount(work));
  }

  /// The states before the first step.
  void begin(const Work& work) const {
    const Range& units = work.units[products_.size() - 1];
    const float* initial = o_.initial(work.buffers);
    const float* initialCell = o_.initialCell(work.buffers);
    for (int64_t b = work.rows.begin; b < work.rows.end; ++b) {
      copyOrClear(initial, b, units, work.scratch.hidden);
      if (o_.cell == RecurrentCell::lstm) copyOrClear(initialCell, b, units, work.scratch.cells);
    }
    spreadHidden(work, units, work.scratch.states[0]);
  }

  void copyOrClear(const float* source, int64_t b, const Range& units, float* rows) const {
    float* to = rows + b * pitch_ + units.begin;
    const int64_t count = units.end - units.begin;
    if (source == nullptr) {
      std::fill_n(to, count, 0.0f);
    } else {
      vectors_.product.copy(source + b * o_.hidden + units.begin, to, count);
    }
  }

  void spreadHidden(const Work& work, const Range& units, float* states) const {
    spread(work, units, work.scratch.hidden + work.rows.begin * pitch_ + units.begin, pitch_, states);
  }

  /// The last states, and zeros behind the ends of sequences.
  void end(const Work& work) const {
    const Range& units = work.units[products_.size() - 1];
    const int64_t count = units.end - units.begin;
    for (int64_t b = work.rows.begin; b < work.rows.end; ++b) {
      const int64_t length = o_.length(work.buffers, b);
      for (int64_t t = length; t < o_.steps; ++t) {
        std::fill_n(work.buffers.result() + (t * o_.batch + b) * o_.hidden + units.begin, count, 0.0f);
      }
      endState(work.scratch.hidden, work.buffers.result(1), b, length, units);
      if (o_.cell == RecurrentCell::lstm) endState(work.scratch.cells, work.buffers.result(2), b, length, units);
    }
  }

  void endState(const float* rows, float* last, int64_t b, int64_t length, const Range& units) const {
    float* to = last + b * o_.hidden + units.begin;
    const int64_t count = units.end - units.begin;
    if (length == 0) {
      std::fill_n(to, count, 0.0f);
    } else {
      vectors_.product.copy(rows + b * pitch_ + units.begin, to, count);
    }
  }

  /// Calls visit(b, row of x and y) for the rows whose sequences have a step s.
  template <class Visit>
  void forRows(const Work& work, int64_t s, Visit visit) const {
    for (int64_t b = work.rows.begin; b < work.rows.end; ++b) {
      const int64_t length = o_.length(work.buffers, b);
      if (s < length) visit(b, o_.rowAt(s, length, b));
    }
  }

  /// gates = x + states·rᵀ, of one product. The hidden gate of a gru with linearBeforeReset begins with its bias.
  void addProduct(const Work& work, int64_t p, int64_t s, const float* states) const {
    const int64_t firstGate = p == 0 ? 0 : 2, lastGate = p == 0 && resetsFirst_ ? 2 : o_.gates;
    const Range& units = work.units[p];
    const int64_t count = units.end - units.begin;
    const bool isLinear = o_.cell == RecurrentCell::gru && o_.linearBeforeReset;
    const float* bias = o_.bias(work.buffers);
    forRows(work, s, [&](int64_t b, int64_t row) {
      for (int64_t number = firstGate; number < lastGate; ++number) {
        float* to = gate(work, b, number, units.begin);
        if (!isLinear || number < 2) {
          const float* x = work.buffers.floats(0) + (row * o_.gates + number) * o_.hidden;
          vectors_.product.copy(x + units.begin, to, count);
        } else if (bias != nullptr) {
          vectors_.product.copy(bias + units.begin, to, count);
        } else {
          std::fill_n(to, count, 0.0f);
        }
      }
    });
    if (rowCount(work) == 0) return;
    const GateRows gates{work.scratch.gates + work.rows.begin * o_.gates * pitch_, o_.gates * pitch_, pitch_};
    products_[p].add(work.packed[p], states + work.rows.begin * pitch_, rowCount(work), work.parts[p], gates);
  }

  void clip(const Rows& rows, float* x) const {
    if (o_.clips()) rows.apply({UnaryFunction::clip, -o_.clip, o_.clip}, x);
  }

  void activate(const Rows& rows, const UnaryCall& f, float* x) const {
    clip(rows, x);
    rows.apply(f, x);
  }

  /// The reset gate times the state, for the product that follows.
  void resetStates(const Work& work, int64_t s) const {
    const Range& units = work.units[0];
    const Rows rows(vectors_.elementwise, units.end - units.begin);
    forRows(work, s, [&](int64_t b, int64_t) {
      float* r = gate(work, b, 1, units.begin);
      activate(rows, o_.f, gate(work, b, 0, units.begin));
      activate(rows, o_.f, r);
      rows.multiply(r, work.scratch.hidden + b * pitch_ + units.begin);
    });
    spread(work, units, gate(work, work.rows.begin, 1, units.begin), o_.gates * pitch_, work.scratch.reset);
  }

  /// The step's states, from its gates.
  void advance(const Work& work, int64_t s, float* next) const {
    const Range& units = work.units[products_.size() - 1];
    const Rows rows(vectors_.elementwise, units.end - units.begin);
    forRows(work, s, [&](int64_t b, int64_t row) {
      float* hidden = work.scratch.hidden + b * pitch_ + units.begin;
      switch (o_.cell) {
        case RecurrentCell::rnn:
          clip(rows, gate(work, b, 0, units.begin));
          rows.apply(o_.f, gate(work, b, 0, units.begin), hidden);
          break;
        case RecurrentCell::gru:
          advanceGru(work, rows, b, row, units.begin, hidden);
          break;
        case RecurrentCell::lstm:
          advanceLstm(work, rows, b, units.begin, hidden);
          break;
      }
      vectors_.product.copy(hidden, work.buffers.result() + row * o_.hidden + units.begin, units.end - units.begin);
    });
    spreadHidden(work, units, next);
  }

  void advanceGru(const Work& work, const Rows& rows, int64_t b, int64_t row, int64_t unit, float* hidden) const {
    float* z = gate(work, b, 0, unit);
    float* n = gate(work, b, 2, unit);
    if (o_.linearBeforeReset) {
      float* r = gate(work, b, 1, unit);
      activate(rows, o_.f, z);
      activate(rows, o_.f, r);
      rows.multiply(n, r);
      rows.add(n, work.buffers.floats(0) + (row * o_.gates + 2) * o_.hidden + unit);
    }
    activate(rows, o_.g, n);
    rows.multiply(hidden, z);
    rows.complement(z);
    rows.multiply(n, z);
    rows.add(hidden, n);
  }

  void advanceLstm(const Work& work, const Rows& rows, int64_t b, int64_t unit, float* hidden) const {
    float* i = gate(work, b, 0, unit);
    float* o = gate(work, b, 1, unit);
    float* f = gate(work, b, 2, unit);
    float* c = gate(work, b, 3, unit);
    float* cells = work.scratch.cells + b * pitch_ + unit;
    const float* peepholes = o_.peepholes(work.buffers);
    // The state is computed last; until then its memory holds products.
    const auto addPeephole = [&](int64_t number, float* to) {
      if (peepholes == nullptr) return;
      rows.multiply(cells, peepholes + number * o_.hidden + unit, hidden);
      rows.add(to, hidden);
    };
    addPeephole(0, i);
    activate(rows, o_.f, i);
    if (o_.inputForget) {
      rows.apply({UnaryFunction::linear, -1, 1}, i, f);
    } else {
      addPeephole(2, f);
      activate(rows, o_.f, f);
    }
    activate(rows, o_.g, c);
    rows.multiply(cells, f);
    rows.multiply(c, i);
    rows.add(cells, c);
    addPeephole(1, o);
    activate(rows, o_.f, o);
    rows.apply(o_.h, cells, hidden);
    rows.multiply(hidden, o);
  }

  RecurrentOperation o_;
  const VectorTable& vectors_;
  int64_t pitch_;
  bool resetsFirst_;  ///< a second product, of the states times the reset gate
  std::vector<GateProduct> products_;
  std::vector<int64_t> packedFloats_;
  std::vector<std::shared_ptr<const float[]>> constants_;  ///< empty where the weights are packed in each run
};

/// Whether vectors compute the functions.
bool supports(const OperationView& operation, const KernelContext& context) {
  const RecurrentOperation o(operation);
  for (const UnaryCall& call : {o.f, o.g, o.h}) {
    if (context.vectors.elementwise.unary[static_cast<int>(call.function)] == nullptr) return false;
  }
  return operation.output(1).elements > 0;
}

std::unique_ptr<Kernel> make(const OperationView& operation, KernelContext& context) {
  return std::make_unique<RecurrentSteps>(operation, context);
}

}  // namespace

const KernelDefinition recurrentSteps = {"recurrent.steps", Opcode::recurrent, overwritesNothing, supports, make};

}  // namespace gdws
