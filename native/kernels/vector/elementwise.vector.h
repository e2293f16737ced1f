// The elementwise functions of the translation unit's instruction set.
#pragma once

#include "kernels/binary/functions.vector.h"
#include "kernels/interpolate/rows.vector.h"
#include "kernels/local_response/rows.vector.h"
#include "kernels/normalize/rows.vector.h"
#include "kernels/pooling/windows.vector.h"
#include "kernels/reduce/folds.vector.h"
#include "kernels/scale_shift/rows.vector.h"
#include "kernels/softmax/rows.vector.h"
#include "kernels/unary/functions.vector.h"
#include "kernels/vector/bytes.vector.h"
#include "kernels/vector/elementwise_functions.h"

namespace gdws {
namespace GDWS_ISA {

template <BinaryFunction function, OperandForm form>
constexpr void setBinary(ElementwiseFunctions::Binary (&forms)[operandFormCount][activationCount]) {
#define GDWS_MEMBER(name) \
  forms[static_cast<int>(form)][static_cast<int>(Activation::name)] = binaryRow<function, form, Activation::name>;
  GDWS_ACTIVATIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
}

/// Filled in while compiling, so that nothing runs before the processor is known.
constexpr ElementwiseFunctions makeElementwiseFunctions() {
  ElementwiseFunctions f = {};
#define GDWS_MEMBER(name)                                                           \
  if constexpr (hasVectorForm(UnaryFunction::name)) {                               \
    f.unary[static_cast<int>(UnaryFunction::name)] = unaryRow<UnaryFunction::name>; \
  }
  GDWS_UNARY_FUNCTIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
#define GDWS_MEMBER(name)                                                                                         \
  if constexpr (hasVectorForm(BinaryFunction::name)) {                                                            \
    setBinary<BinaryFunction::name, OperandForm::bothRows>(f.binary[static_cast<int>(BinaryFunction::name)]);     \
    setBinary<BinaryFunction::name, OperandForm::secondScalar>(f.binary[static_cast<int>(BinaryFunction::name)]); \
    setBinary<BinaryFunction::name, OperandForm::firstScalar>(f.binary[static_cast<int>(BinaryFunction::name)]);  \
  }
  GDWS_BINARY_FUNCTIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
#define GDWS_MEMBER(name)                                                             \
  f.scaleShift[static_cast<int>(Activation::name)] = scaleShiftRow<Activation::name>; \
  f.scaleShiftRows[static_cast<int>(Activation::name)] = scaleShiftRows<Activation::name>;
  GDWS_ACTIVATIONS(GDWS_MEMBER)
#undef GDWS_MEMBER
#define GDWS_MEMBER(name)                                          \
  f.foldRow[static_cast<int>(Fold::name)] = foldRow<Fold::name>;   \
  f.foldInto[static_cast<int>(Fold::name)] = foldInto<Fold::name>; \
  f.foldPairs[static_cast<int>(Fold::name)] = foldPairs<Fold::name>;
  GDWS_FOLDS(GDWS_MEMBER)
#undef GDWS_MEMBER
  f.sumDeviations = sumDeviations;
  f.sumSquaredDeviations = sumSquaredDeviations;
  f.standardize = standardizeRow;
  f.exponentials = exponentialsOfRow;
  f.exponentialsInto = exponentialsInto;
  f.localResponse = localResponseRow;
  f.maxWindows = windowsOfRow<Fold::max>;
  f.sumWindows = windowsOfRow<Fold::sum>;
  f.interpolateLine = interpolateLine;
  f.combineRows = combineRows;
  f.bytes = makeByteFunctions();
  return f;
}

inline constexpr ElementwiseFunctions elementwiseFunctions = makeElementwiseFunctions();

}  // namespace GDWS_ISA
}  // namespace gdws
