#define GDWS_ISA avx512
#define GDWS_VECTOR_BYTES 64

#include "kernels/vector/unit.h"
