// Loaded before everything else (LD_PRELOAD), it refuses new threads as a system does that has reached its limit, as long as
// the file exists that GDWS_REFUSE_THREADS names.

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*begin)(void*), void* of) {
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  const char* const file = std::getenv("GDWS_REFUSE_THREADS");
  if (file != nullptr && access(file, F_OK) == 0) return EAGAIN;
  return create(thread, attributes, begin, of);
}
