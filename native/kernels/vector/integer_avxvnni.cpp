#define GDWS_ISA integerAvxvnni
#define GDWS_VECTOR_BYTES 32
#define GDWS_BYTE_PRODUCTS 1

#include "kernels/vector/integer.vector.h"

namespace gdws {

extern const IntegerFunctions avxvnniIntegers = integerAvxvnni::makeIntegerFunctions();

}  // namespace gdws
