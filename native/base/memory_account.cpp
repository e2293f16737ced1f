#include "base/memory_account.h"

#include <utility>

#include "base/counters.h"

namespace gdws {

namespace {

#if defined(__wasm__)
std::shared_ptr<MemoryAccount> currentAccount;
#else
thread_local std::shared_ptr<MemoryAccount> currentAccount;
#endif

}  // namespace

MemoryAccount::Scope::Scope(std::shared_ptr<MemoryAccount> account)
    : previous_(std::exchange(currentAccount, std::move(account))) {}

MemoryAccount::Scope::~Scope() { currentAccount = std::move(previous_); }

const std::shared_ptr<MemoryAccount>& MemoryAccount::current() { return currentAccount; }

CountedBytes::CountedBytes(MemoryUse use, int64_t bytes)
    : use_(use), account_(MemoryAccount::current()), bytes_(bytes) {
  add(bytes_);
  if (use_ != MemoryUse::weights || !account_) return;
  const int64_t weights = account_->weightBytes;
  if (weights <= account_->maxWeightBytes) return;
  add(-bytes_);
  throw WeightsExceeded(weights, account_->maxWeightBytes);
}

CountedBytes::~CountedBytes() { add(-bytes_); }

void CountedBytes::add(int64_t bytes) const {
  Counters& counters = Counters::instance();
  (use_ == MemoryUse::weights ? counters.weightBytes : counters.arenaBytes) += bytes;
  if (!account_) return;
  account_->bytes += bytes;
  if (use_ == MemoryUse::weights) account_->weightBytes += bytes;
}

}  // namespace gdws
