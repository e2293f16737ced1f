#define GDWS_ISA integerAvx2
#define GDWS_VECTOR_BYTES 32
#define GDWS_BYTE_PRODUCTS 0

#include "kernels/vector/integer.vector.h"

namespace gdws {

extern const IntegerFunctions avx2Integers = integerAvx2::makeIntegerFunctions();

}  // namespace gdws
