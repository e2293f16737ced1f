// Products of bytes by matrix registers (AMX): eight of 16 rows of 64 bytes. The instructions are given as assembly, so
// that the compiler need not know them; the registers are nobody else's.
#include "kernels/vector/integer_functions.h"

namespace gdws {

extern const IntegerFunctions avx512vbmiIntegers;

namespace {

constexpr int rowsOfMatrix = IntegerMatrixTask::rows;
constexpr int64_t bytesOfRow = 64;

/// Registers 0 to 3 hold sums, 4 and 5 weights, 6 and 7 columns.
constexpr int firstOfWeights = 4, firstOfColumns = 6, registersOfKind = 2;

template <int Register>
inline void zero() {
  asm volatile("tilezero %%tmm%c0" ::"i"(Register));
}

template <int Register>
inline void load(const int32_t* from, int64_t pitch) {
  asm volatile("tileloadd (%1,%2,1), %%tmm%c0" ::"i"(Register), "r"(from), "r"(4 * pitch) : "memory");
}

template <int Register>
inline void store(int32_t* to, int64_t pitch) {
  asm volatile("tilestored %%tmm%c0, (%1,%2,1)" ::"i"(Register), "r"(to), "r"(4 * pitch) : "memory");
}

/// Weights have signs, columns have none.
template <int Sums, int Weights, int Columns>
inline void multiplyAdd() {
  asm volatile("tdpbsud %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sums), "i"(Weights), "i"(Columns));
}

/// Calls visit.operator()<0>(), <1>(), …
template <int Count, int I = 0, class Visit>
inline void times(Visit&& visit) {
  if constexpr (I < Count) {
    visit.template operator()<I>();
    times<Count, I + 1>(visit);
  }
}

template <int Rows, int Vectors>
void multiply(const IntegerMatrixTask& task) {
  times<Rows * Vectors>([]<int I>() { zero<I>(); });
  const int64_t weightsOfMatrix = rowsOfMatrix * task.steps;
  const int32_t* weights = task.weights;
  for (int64_t chunk = 0; chunk < task.chunks; ++chunk) {
    const int32_t* const columns = task.columns + task.starts[chunk];
    if constexpr (Rows <= registersOfKind) {
      times<Rows>([&]<int I>() { load<firstOfWeights + I>(weights + I * weightsOfMatrix, task.steps); });
      times<Vectors>([&]<int V>() {
        constexpr int column = firstOfColumns + V % registersOfKind;
        load<column>(columns + V * rowsOfMatrix, task.pitch);
        times<Rows>([]<int I>() { multiplyAdd<I * Vectors + V, firstOfWeights + I, column>(); });
      });
    } else {
      static_assert(Vectors == 1);
      load<firstOfColumns>(columns, task.pitch);
      times<Rows>([&]<int I>() {
        constexpr int weight = firstOfWeights + I % registersOfKind;
        load<weight>(weights + I * weightsOfMatrix, task.steps);
        multiplyAdd<I, weight, firstOfColumns>();
      });
    }
    weights += Rows * weightsOfMatrix;
  }
  times<Rows * Vectors>([&]<int I>() {
    constexpr int64_t pitch = Vectors * rowsOfMatrix;
    store<I>(task.sums + I / Vectors * rowsOfMatrix * pitch + I % Vectors * rowsOfMatrix, pitch);
  });
}

void configure(int64_t steps) {
  /// Intel 64 manual, volume 1, 18.2: palette 1.
  struct alignas(64) Configuration {
    uint8_t palette = 1, firstRow = 0, reserved[14] = {};
    uint16_t rowBytes[16] = {};
    uint8_t rows[16] = {};
  } configuration;
  for (int i = 0; i < firstOfColumns + registersOfKind; ++i) {
    const bool isWeights = i >= firstOfWeights && i < firstOfColumns;
    configuration.rowBytes[i] = static_cast<uint16_t>(isWeights ? 4 * steps : bytesOfRow);
    configuration.rows[i] = static_cast<uint8_t>(i >= firstOfColumns ? steps : rowsOfMatrix);
  }
  asm volatile("ldtilecfg %0" ::"m"(configuration));
}

void release() { asm volatile("tilerelease"); }

constexpr IntegerMatrixFunctions makeMatrices() {
  IntegerMatrixFunctions functions{};
  functions.configure = configure;
  functions.release = release;
  functions.multiply[1][1] = multiply<1, 1>;
  functions.multiply[2][1] = multiply<2, 1>;
  functions.multiply[3][1] = multiply<3, 1>;
  functions.multiply[4][1] = multiply<4, 1>;
  functions.multiply[1][2] = multiply<1, 2>;
  functions.multiply[2][2] = multiply<2, 2>;
  functions.multiply[1][3] = multiply<1, 3>;
  functions.multiply[1][4] = multiply<1, 4>;
  return functions;
}

const IntegerMatrixFunctions matrices = makeMatrices();

IntegerFunctions withMatrices(IntegerFunctions functions) {
  functions.matrices = &matrices;
  return functions;
}

}  // namespace

const IntegerFunctions& amxIntegers() {
  static const IntegerFunctions functions = withMatrices(avx512vbmiIntegers);
  return functions;
}

}  // namespace gdws
