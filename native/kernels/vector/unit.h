// The code of each instruction set's translation unit, which defines GDWS_ISA and GDWS_VECTOR_BYTES first.
// Included once in such a unit, so that no guard is needed.

#include "kernels/vector/elementwise.vector.h"
#include "kernels/vector/product.vector.h"
#include "kernels/vector/table.h"
#include "kernels/vector/vector.h"
#include "kernels/vector/winograd.vector.h"

#define GDWS_JOIN_(a, b) a##b
#define GDWS_JOIN(a, b) GDWS_JOIN_(a, b)

namespace gdws {

const VectorTable GDWS_JOIN(GDWS_ISA, Vectors) = {
    InstructionSet::GDWS_ISA,
    GDWS_ISA::lanes,
    GDWS_ISA::productFunctions,
    GDWS_ISA::elementwiseFunctions,
    {GDWS_ISA::makeWinogradFunctions<1>(), GDWS_ISA::makeWinogradFunctions<2>()},
    nullptr,
};

}  // namespace gdws
