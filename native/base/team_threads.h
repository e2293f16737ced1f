#pragma once

namespace gdws {

/// To be called right before a parallel region of `threads` threads, on the thread that begins it. Where OpenMP's team
/// has to grow for it, makes sure first that the system grants the threads, since GCC's runtime ends the process where
/// it does not. Throws std::bad_alloc then.
void ensureTeam(int threads);

}  // namespace gdws
