#if defined(__wasm__)

#include <new>

#include "base/run_team.h"

namespace gdws {

/// There are no threads beside the calling one.
void runThreads(int, TeamWork) { throw std::bad_alloc(); }

}  // namespace gdws

#endif
