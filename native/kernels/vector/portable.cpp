#define GDWS_ISA portable
#define GDWS_VECTOR_BYTES 16

#include "kernels/vector/unit.h"
