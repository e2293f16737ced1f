// Where the functions of Node-API are on Windows. The headers have them called by pointers, which are usually filled by
// the system with what node.exe exports; but a program that embeds Node has another name (electron.exe), or has Node in
// a library. So the pointers are defined here, and filled when the addon is loaded.

#if defined(_WIN32)

#include <windows.h>

#include <initializer_list>

// Defines NODE_API_FUNCTIONS(define): define(name) for each function, made by CMake of node-api-headers' list.
#include <node_api_functions.h>

#define GDWS_DEFINE(name) void* __imp_##name = nullptr;
extern "C" {
NODE_API_FUNCTIONS(GDWS_DEFINE)
}
#undef GDWS_DEFINE

namespace gdws {

namespace {

HMODULE moduleOfNode() {
  constexpr const char* inEveryVersion = "napi_module_register";
  const HMODULE program = GetModuleHandleA(nullptr);
  if (GetProcAddress(program, inEveryVersion) != nullptr) return program;
  for (const char* name : {"node.dll", "libnode.dll"}) {
    const HMODULE library = GetModuleHandleA(name);
    if (library != nullptr && GetProcAddress(library, inEveryVersion) != nullptr) return library;
  }
  return program;
}

bool findFunctions() {
  const HMODULE node = moduleOfNode();
  // Stays null for functions newer than this Node, which are not called.
#define GDWS_FIND(name) __imp_##name = reinterpret_cast<void*>(GetProcAddress(node, #name));
  NODE_API_FUNCTIONS(GDWS_FIND)
#undef GDWS_FIND
  return true;
}

[[maybe_unused]] const bool found = findFunctions();

}  // namespace

}  // namespace gdws

#endif
