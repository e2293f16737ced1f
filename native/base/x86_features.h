#pragma once

namespace gdws {

/// What the processor has and the system lets programs use. Compilers have a check of their own, but part of its code
/// is in GCC's library, which not every compiler comes with.
bool hasAvx2();
/// With fused products.
bool hasFma();
bool hasAvxVnni();
/// The parts F, BW, DQ and VL.
bool hasAvx512();
bool hasAvx512Vnni();
bool hasAvx512Vbmi();
/// Matrix registers of bytes; says nothing of the system, which has to be asked.
bool hasAmxInt8();

}  // namespace gdws
