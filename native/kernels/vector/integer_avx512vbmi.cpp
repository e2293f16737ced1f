#define GDWS_ISA integerAvx512vbmi
#define GDWS_VECTOR_BYTES 64
#define GDWS_BYTE_PRODUCTS 1
#define GDWS_BYTE_PERMUTES 1

#include "kernels/vector/integer.vector.h"

namespace gdws {

extern const IntegerFunctions avx512vbmiIntegers = integerAvx512vbmi::makeIntegerFunctions();

}  // namespace gdws
