#include "native/plan/random_program.h"

#include <algorithm>

#include "native/attributes_writer.h"

namespace gdws::test {

namespace {

class ProgramDrawer {
 public:
  explicit ProgramDrawer(Random& random)
      : random_(random),
        images_(random.chance(0.8) ? 1 : 2),
        // Half of them keep concatenated maps aligned, so that they are computed in place.
        pixels_(random.choose<int64_t>({16, 16, 32, 1, 5, 12})) {}

  PlannedProgram draw(int operations) {
    for (int64_t i = random_.integer(1, 3); i > 0; --i) given(Storage::input);
    if (random_.chance(0.3)) given(Storage::constant);
    for (int i = 0; i < operations; ++i) addOperation();
    std::vector<int32_t>& outputs = planned_.program.outputs;
    outputs.push_back(static_cast<int32_t>(program().values.size()) - 1);
    while (random_.chance(0.35)) outputs.push_back(any());
    return std::move(planned_);
  }

 private:
  Program& program() { return planned_.program; }
  const Value& value(int32_t id) { return program().values[id]; }

  int32_t add(std::vector<int64_t> dims, DataType type = DataType::float32, Storage storage = Storage::temporary) {
    Value value;
    value.type = type;
    value.storage = storage;
    value.elements = 1;
    for (const int64_t dim : dims) value.elements *= static_cast<size_t>(dim);
    value.dims = std::move(dims);
    program().values.push_back(value);
    return static_cast<int32_t>(program().values.size()) - 1;
  }

  void given(Storage storage) {
    const int32_t id = add(map(random_.integer(random_.chance(0.1) ? 0 : 1, 4)), DataType::float32, storage);
    std::vector<int32_t>& inputs = program().inputs;
    program().values[id].index = storage == Storage::input ? static_cast<int32_t>(inputs.size()) : 0;
    if (storage == Storage::input) inputs.push_back(id);
  }

  std::vector<int64_t> map(int64_t channels) const { return {images_, channels, pixels_}; }
  bool isMap(int32_t id) { return value(id).rank() == 3 && value(id).type == DataType::float32; }

  /// Some value, mostly one that was written lately, so that lifetimes end.
  int32_t any() {
    const auto count = static_cast<int64_t>(program().values.size());
    const int64_t back = random_.chance(0.7) ? std::min<int64_t>(count, 6) : count;
    return static_cast<int32_t>(count - random_.integer(1, back));
  }

  template <class Condition>
  int32_t anyWhere(const Condition& condition, int32_t otherwise) {
    for (int tries = 0; tries < 12; ++tries) {
      const int32_t id = any();
      if (condition(id)) return id;
    }
    return otherwise;
  }

  int32_t anyMap() {
    return anyWhere([&](int32_t id) { return isMap(id); }, 0);
  }

  /// A value of the dims, or -1.
  int32_t anyOf(const std::vector<int64_t>& dims) {
    return anyWhere([&](int32_t id) { return value(id).dims == dims && isMap(id); }, -1);
  }

  /// Without attributes: plans depend on none but the axis of a concatenation.
  void emit(Opcode opcode, std::vector<int32_t> inputs, std::vector<int32_t> outputs, int32_t overwrites = -1) {
    program().operations.push_back({opcode, std::move(inputs), std::move(outputs), {}, {}});
    planned_.overwrites.push_back(overwrites);
  }

  void addOperation() {
    switch (random_.integer(0, 11)) {
      case 0:
      case 1:
        return addConcat();
      case 2:
      case 3:
        return addConvolution();
      case 4:
        return addBinary();
      case 5:
        return addAlias();
      case 6:
        return addTopK();
      case 7:
        return addStrided();
      case 8:
        return addGate();
      case 9:
        return addScatter();
      case 10:
        return addSelect();
      default: {
        const int32_t x = any();
        emit(Opcode::unary, {x}, {add(value(x).dims, value(x).type)}, 0);
      }
    }
  }

  void addConcat() {
    const int32_t first = anyMap();
    // Along the channels mostly; along the pixels the rows of the inputs alternate.
    const size_t axis = value(first).dims == map(value(first).dims[1]) && random_.chance(0.9) ? 1 : 2;
    std::vector<int32_t> inputs{first};
    std::vector<int64_t> dims = value(first).dims;
    for (int64_t i = random_.integer(1, 3); i > 0; --i) {
      const int32_t next = anyMap();
      const bool fits = value(next).dims[3 - axis] == dims[3 - axis] && dims[axis] + value(next).dims[axis] < 80;
      if (!fits) continue;
      inputs.push_back(next);
      dims[axis] += value(next).dims[axis];
    }
    emit(Opcode::concat, inputs, {add(dims)});
    write(ConcatAttributes{.axis = static_cast<int32_t>(axis)}, program().operations.back());
    joined_ = inputs;
  }

  /// Convolutions, with a residual that they may overwrite, which at times is x or a part of it.
  void addConvolution() {
    // Two parts of one concatenation lie beside each other.
    const bool ofOneWhole = joined_.size() > 1 && random_.chance(0.3);
    const int32_t x = ofOneWhole ? joined_.front() : anyMap();
    const int32_t like = ofOneWhole ? joined_.back() : anyMap();
    const bool hasResidual = random_.chance(0.7);
    std::vector<int64_t> dims = hasResidual ? value(like).dims : map(random_.integer(1, 6));
    const bool isGdws = random_.chance(0.3);
    std::vector<int32_t> inputs{x, -1, -1};
    if (isGdws) inputs.push_back(-1);
    inputs.push_back(hasResidual ? like : -1);
    emit(isGdws ? Opcode::gdws : Opcode::convolution, inputs, {add(dims)}, isGdws ? 4 : 3);
  }

  /// Sums whose second operand is as large, or broadcast.
  void addBinary() {
    const int32_t a = anyMap();
    const int32_t same = anyOf(value(a).dims);
    const int32_t b = same >= 0 && random_.chance(0.7) ? same : anyMap();
    const bool isLarger = value(b).elements > value(a).elements;
    emit(Opcode::binary, {a, b}, {add(value(isLarger ? b : a).dims)}, 0);
  }

  void addAlias() {
    const int32_t x = any();
    const auto all = static_cast<int64_t>(value(x).elements);
    const bool flat = random_.chance(0.3);
    emit(Opcode::alias, {x}, {add(flat ? std::vector<int64_t>{all} : value(x).dims, value(x).type)});
  }

  void addTopK() {
    const int32_t x = anyMap();
    std::vector<int64_t> dims = value(x).dims;
    if (random_.chance(0.5)) dims[1] = random_.integer(0, dims[1]);
    const int32_t values = add(dims);
    // No kernel of several results overwrites an input; the plan allows it for the first result.
    emit(Opcode::topK, {x}, {values, add(dims, DataType::int64)}, static_cast<int32_t>(random_.integer(-1, 0)));
  }

  /// Slices, transposes, expansions.
  void addStrided() {
    const int32_t x = anyMap();
    emit(Opcode::strided, {x}, {add(map(random_.integer(1, 6)))});
  }

  /// x · gate(channels of x), which is a value of its own or computed from what x is part of.
  void addGate() {
    const int32_t x = anyMap();
    const int32_t reduced = anyMap();
    const int32_t gate = add({value(x).dims[0], value(x).dims[1], 1});
    emit(Opcode::reduce, {reduced}, {gate});
    emit(Opcode::binary, {x, gate}, {add(value(x).dims)}, 0);
  }

  void addScatter() {
    const int32_t x = anyMap(), indices = any(), updates = anyMap();
    emit(Opcode::scatterND, {x, indices, updates}, {add(value(x).dims)}, 0);
  }

  void addSelect() {
    const int32_t a = anyMap();
    const int32_t b = anyOf(value(a).dims), condition = any();
    // A kernel may overwrite any operand, the last of three as well.
    const auto overwrites = static_cast<int32_t>(random_.integer(-1, 3));
    emit(Opcode::select, {condition, a, b >= 0 ? b : a}, {add(value(a).dims)}, overwrites);
  }

  Random& random_;
  int64_t images_;
  int64_t pixels_;
  std::vector<int32_t> joined_;  ///< inputs of the last concatenation
  PlannedProgram planned_;
};

}  // namespace

PlannedProgram randomProgram(Random& random, int operations) { return ProgramDrawer(random).draw(operations); }

}  // namespace gdws::test
