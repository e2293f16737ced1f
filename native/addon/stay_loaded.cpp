// The threads of teams live as long as the process or the thread that they belong to, while Node unloads an addon with
// the worker that loaded it: so it asks the system to keep it. On Linux, linking with -z nodelete does.

#if defined(_WIN32) || defined(__APPLE__)

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace gdws {

namespace {

/// If it fails, the addon is unloaded as others are.
bool stayLoaded() {
  static const char own = 0;
#if defined(_WIN32)
  HMODULE module = nullptr;
  constexpr DWORD flags = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
  return GetModuleHandleExA(flags, &own, &module) != 0;
#else
  Dl_info found;
  return dladdr(&own, &found) != 0 && dlopen(found.dli_fname, RTLD_LAZY | RTLD_NODELETE | RTLD_NOLOAD) != nullptr;
#endif
}

[[maybe_unused]] const bool stays = stayLoaded();

}  // namespace

}  // namespace gdws

#endif
