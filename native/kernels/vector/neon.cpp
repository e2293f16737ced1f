#define GDWS_ISA neon
#define GDWS_VECTOR_BYTES 16

#include "kernels/vector/unit.h"
