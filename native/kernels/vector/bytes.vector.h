// The functions on bytes of the translation unit's instruction set.
#pragma once

#include "kernels/dequantize/rows.vector.h"
#include "kernels/integer_average_pool/rows.vector.h"
#include "kernels/integer_binary/rows.vector.h"
#include "kernels/max_pool/bytes.vector.h"
#include "kernels/quantize/rows.vector.h"
#include "kernels/table/rows.vector.h"
#include "kernels/vector/byte_functions.h"

namespace gdws {
namespace GDWS_ISA {

template <IntegerBinaryFunction function>
constexpr void setIntegerBinary(ByteFunctions& f) {
  auto& rows = f.binary[static_cast<int>(function)];
  rows[0][0] = binaryBytes<function, uint8_t, uint8_t>;
  rows[0][1] = binaryBytes<function, uint8_t, int8_t>;
  rows[1][0] = binaryBytes<function, int8_t, uint8_t>;
  rows[1][1] = binaryBytes<function, int8_t, int8_t>;
  f.binaryScalar[static_cast<int>(function)][0] = binaryBytesScalar<function, uint8_t>;
  f.binaryScalar[static_cast<int>(function)][1] = binaryBytesScalar<function, int8_t>;
}

constexpr ByteFunctions makeByteFunctions() {
  ByteFunctions f = {};
  f.quantize = quantizeRow;
  f.quantizeRows[0] = quantizeRows<uint8_t>;
  f.quantizeRows[1] = quantizeRows<int8_t>;
  f.dequantize[0] = dequantizeRow<uint8_t>;
  f.dequantize[1] = dequantizeRow<int8_t>;
  f.dequantizeRows[0] = dequantizeRows<uint8_t>;
  f.dequantizeRows[1] = dequantizeRows<int8_t>;
  f.dequantizeInts = dequantizeInts;
  f.limits = limitsOfRow;
#define GDWS_MEMBER(name) setIntegerBinary<IntegerBinaryFunction::name>(f);
  GDWS_INTEGER_BINARY_FUNCTIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
  f.maxRows[0] = maxOfRows<uint8_t>;
  f.maxRows[1] = maxOfRows<int8_t>;
  f.maxWindows[0] = maxOfWindows<uint8_t>;
  f.maxWindows[1] = maxOfWindows<int8_t>;
  f.sum[0] = sumOfBytes<uint8_t>;
  f.sum[1] = sumOfBytes<int8_t>;
  f.sumRows[0] = sumOfRows<uint8_t>;
  f.sumRows[1] = sumOfRows<int8_t>;
  f.sumWindows = sumOfWindows;
  f.averages = averagesOfRow;
  f.table = tableRow;
  return f;
}

}  // namespace GDWS_ISA
}  // namespace gdws
