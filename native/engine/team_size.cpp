#include "engine/team_size.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace gdws {

namespace {

/// Cycles of one core below which a team gains nothing, measured: about four tenths of a millisecond.
constexpr double worthATeam = 1.5e6;

double elementsOf(const Value& value) { return static_cast<double>(value.elements); }

/// Multiplications of kernels for all pixels of maps (N,M,…).
double macsOfMaps(const Value& kernel, const Value& maps) {
  if (maps.dims.size() < 2 || maps.dims[1] < 1) return 0;
  return elementsOf(kernel) * elementsOf(maps) / static_cast<double>(maps.dims[1]);
}

/// Multiplications of rows with matrices b (…,K,N) to rows y (…,N).
double macsOfProduct(const Value& b, const Value& y) {
  if (b.dims.size() < 2 || y.dims.empty() || y.dims.back() < 1) return 0;
  const auto matrix = static_cast<double>(b.dims[b.dims.size() - 2]) * static_cast<double>(b.dims.back());
  return elementsOf(y) / static_cast<double>(y.dims.back()) * matrix;
}

double macsOf(const OperationView& operation) {
  // Instructions for bytes multiply four at once.
  constexpr double ofBytes = 0.25;
  switch (operation.opcode()) {
    case Opcode::convolution:
      return macsOfMaps(operation.input(1), operation.output());
    case Opcode::integerConvolution:
      return ofBytes * macsOfMaps(operation.input(1), operation.output());
    case Opcode::gdws:
      return macsOfMaps(operation.input(1), operation.output()) + macsOfMaps(operation.input(2), operation.output());
    case Opcode::integerGdws:
      return ofBytes *
             (macsOfMaps(operation.input(1), operation.output()) + macsOfMaps(operation.input(2), operation.output()));
    case Opcode::convolutionTranspose:
      return macsOfMaps(operation.input(1), operation.input(0));
    case Opcode::matmul:
      return macsOfProduct(operation.input(1), operation.output());
    case Opcode::integerMatmul:
      return ofBytes * macsOfProduct(operation.input(1), operation.output());
    case Opcode::recurrent:
      return macsOfProduct(operation.input(1), operation.output());
    default:
      return 0;
  }
}

double cyclesOf(const OperationView& operation, int lanes) {
  constexpr double each = 300;
  double elements = 0;
  for (size_t i = 0; i < operation.inputCount(); ++i) {
    if (operation.hasInput(i) && operation.input(i).storage != Storage::constant)
      elements += elementsOf(operation.input(i));
  }
  for (size_t i = 0; i < operation.outputCount(); ++i) elements += elementsOf(operation.output(i));
  // Two vectors in a cycle, but of 64 bytes one on many processors.
  return each + macsOf(operation) / std::min(16, 2 * lanes) + elements / lanes;
}

/// GDWS_SMALL_TEAMS=off: all threads for each program. Tests of small networks with many threads set it.
bool mayBeSmall() {
  const char* const wanted = std::getenv("GDWS_SMALL_TEAMS");
  return wanted == nullptr || std::strcmp(wanted, "off") != 0;
}

}  // namespace

int teamSize(const Program& program, int threads, int lanes) {
  if (threads == 1 || !mayBeSmall()) return threads;
  double cycles = 0;
  for (const Operation& operation : program.operations) cycles += cyclesOf({program, operation}, lanes);
  return cycles < worthATeam ? 1 : threads;
}

}  // namespace gdws
