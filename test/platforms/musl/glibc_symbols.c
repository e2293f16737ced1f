// What Debian's libstdc++ and libgcc_s take from glibc and musl does not have, so that Bun for Alpine, which needs both
// libraries, runs under Debian's musl in tests.
#define _GNU_SOURCE
#include <link.h>
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

char __libc_single_threaded = 0;
int __cpu_indicator_init(void) { return 0; }
struct {
  unsigned vendor, type, subtype, features[1];
} __cpu_model;

uint32_t arc4random(void) {
  uint32_t number;
  getrandom(&number, sizeof number, 0);
  return number;
}

size_t __strftime_l(char* text, size_t size, const char* format, const struct tm* time, locale_t locale) {
  return strftime_l(text, size, format, time, locale);
}

struct destructor {
  void (*run)(void*);
  void* object;
  struct destructor* next;
};
static _Thread_local struct destructor* destructors;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void runDestructors(void* unused) {
  (void)unused;
  while (destructors) {
    struct destructor* const last = destructors;
    destructors = last->next;
    last->run(last->object);
    free(last);
  }
}

static void makeKey(void) { pthread_key_create(&key, runDestructors); }

int __cxa_thread_atexit_impl(void (*run)(void*), void* object, void* library) {
  (void)library;
  pthread_once(&once, makeKey);
  struct destructor* const added = malloc(sizeof *added);
  if (!added) return -1;
  *added = (struct destructor){run, object, destructors};
  destructors = added;
  // A key with a value has its function called when the thread ends.
  return pthread_setspecific(key, added);
}

// As glibc's <dlfcn.h> declares it.
struct dl_find_object {
  unsigned long long flags;
  void *start, *end, *map, *frames;
  unsigned long long reserved[7];
};
struct search {
  uintptr_t address;
  struct dl_find_object* found;
  int isFound;
};

static int lookInto(struct dl_phdr_info* library, size_t size, void* data) {
  (void)size;
  struct search* const search = data;
  uintptr_t start = 0, end = 0, frames = 0;
  for (int i = 0; i < library->dlpi_phnum; ++i) {
    const ElfW(Phdr)* const segment = &library->dlpi_phdr[i];
    const uintptr_t at = library->dlpi_addr + segment->p_vaddr;
    if (segment->p_type == PT_GNU_EH_FRAME) frames = at;
    if (segment->p_type != PT_LOAD || search->address < at || search->address >= at + segment->p_memsz) continue;
    start = at;
    end = at + segment->p_memsz;
  }
  if (!start || !frames) return 0;
  *search->found = (struct dl_find_object){.start = (void*)start, .end = (void*)end, .frames = (void*)frames};
  return search->isFound = 1;
}

int _dl_find_object(void* address, struct dl_find_object* found) {
  struct search search = {(uintptr_t)address, found, 0};
  dl_iterate_phdr(lookInto, &search);
  return search.isFound ? 0 : -1;
}
