#define GDWS_ISA integerAvx512vnni
#define GDWS_VECTOR_BYTES 64
#define GDWS_BYTE_PRODUCTS 1

#include "kernels/vector/integer.vector.h"

namespace gdws {

extern const IntegerFunctions avx512vnniIntegers = integerAvx512vnni::makeIntegerFunctions();

}  // namespace gdws
