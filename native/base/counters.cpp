#include "base/counters.h"

namespace gdws {

Counters& Counters::instance() {
  // Never destroyed: memory that outlives the process's static objects is still counted.
  static Counters* const counters = new Counters;
  return *counters;
}

}  // namespace gdws
