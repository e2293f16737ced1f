#define GDWS_ISA integerPortable
#define GDWS_VECTOR_BYTES 16
#define GDWS_BYTE_PRODUCTS 0

#include "kernels/vector/integer.vector.h"

namespace gdws {

extern const IntegerFunctions portableIntegers = integerPortable::makeIntegerFunctions();

}  // namespace gdws
