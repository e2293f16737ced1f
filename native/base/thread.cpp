#include "base/thread.h"

#include <algorithm>
#include <memory>
#include <new>

#if defined(_WIN32)
#include <system_error>
#include <thread>
#else
#include <pthread.h>
#endif

namespace gdws {

#if defined(_WIN32)

void startThread(std::function<void()> work) {
  try {
    std::thread(std::move(work)).detach();
  } catch (const std::system_error&) {
    throw std::bad_alloc();
  }
}

#else

namespace {

constexpr size_t leastStack = size_t{2} << 20;

void* begin(void* given) {
  const std::unique_ptr<std::function<void()> > work(static_cast<std::function<void()>*>(given));
  (*work)();
  return nullptr;
}

}  // namespace

void startThread(std::function<void()> work) {
  auto given = std::make_unique<std::function<void()> >(std::move(work));
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) throw std::bad_alloc();
  size_t stack = 0;
  pthread_attr_getstacksize(&attributes, &stack);
  pthread_attr_setstacksize(&attributes, std::max(stack, leastStack));
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int failure = pthread_create(&thread, &attributes, begin, given.get());
  pthread_attr_destroy(&attributes);
  if (failure != 0) throw std::bad_alloc();
  given.release();
}

#endif

}  // namespace gdws
