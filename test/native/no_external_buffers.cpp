#include <js_native_api.h>

// A runtime like Electron, as the addon sees it: linked into the addon, this takes the place of the runtime's own function.
extern "C" napi_status napi_create_external_arraybuffer(napi_env, void*, size_t, node_api_basic_finalize, void*,
                                                        napi_value*) {
  return napi_no_external_buffers_allowed;
}
