#include "linalg/interruption.h"

#include <utility>

namespace gdws {

namespace {

thread_local const std::atomic<bool>* currentlyAsked = nullptr;

}  // namespace

Interruption::Scope::Scope(const std::atomic<bool>& asked) : previous_(std::exchange(currentlyAsked, &asked)) {}

Interruption::Scope::~Scope() { currentlyAsked = previous_; }

Interruption Interruption::current() { return Interruption(currentlyAsked); }

}  // namespace gdws
