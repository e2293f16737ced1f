#include "engine/memory_account.h"

#include <utility>

namespace gdws {

namespace {

thread_local std::shared_ptr<MemoryAccount> currentAccount;

}  // namespace

MemoryAccount::Scope::Scope(std::shared_ptr<MemoryAccount> account)
    : previous_(std::exchange(currentAccount, std::move(account))) {}

MemoryAccount::Scope::~Scope() { currentAccount = std::move(previous_); }

const std::shared_ptr<MemoryAccount>& MemoryAccount::current() { return currentAccount; }

CountedBytes::CountedBytes(std::atomic<int64_t>& counter, int64_t bytes)
    : counter_(counter), account_(MemoryAccount::current()), bytes_(bytes) {
  counter_ += bytes_;
  if (account_) account_->bytes += bytes_;
}

CountedBytes::~CountedBytes() {
  counter_ -= bytes_;
  if (account_) account_->bytes -= bytes_;
}

}  // namespace gdws
