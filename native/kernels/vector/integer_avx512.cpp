#define GDWS_ISA integerAvx512
#define GDWS_VECTOR_BYTES 64
#define GDWS_BYTE_PRODUCTS 0

#include "kernels/vector/integer.vector.h"

namespace gdws {

extern const IntegerFunctions avx512Integers = integerAvx512::makeIntegerFunctions();

}  // namespace gdws
