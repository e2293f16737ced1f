#define GDWS_ISA avx2
#define GDWS_VECTOR_BYTES 32

#include "kernels/vector/unit.h"
