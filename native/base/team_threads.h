#pragma once

namespace gdws {

/// To be called right before a parallel region of `threads` threads, on the thread that begins it. If OpenMP's team has
/// to grow for it, checks that the system grants the threads and throws std::bad_alloc if not: GCC's runtime would end
/// the process.
void ensureTeam(int threads);

}  // namespace gdws
