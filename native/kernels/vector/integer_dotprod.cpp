#define GDWS_ISA integerDotprod
#define GDWS_VECTOR_BYTES 16
#define GDWS_BYTE_PRODUCTS 1

#include "kernels/vector/integer.vector.h"

namespace gdws {

extern const IntegerFunctions dotprodIntegers = integerDotprod::makeIntegerFunctions();

}  // namespace gdws
