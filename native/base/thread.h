#pragma once

#include <functional>

namespace gdws {

/// Starts a thread that nobody waits for. Its stack has at least two megabytes, where the system says how much it gets:
/// musl would give 128 kilobytes, macOS 512. Throws std::bad_alloc where the system grants no thread.
void startThread(std::function<void()> work);

}  // namespace gdws
