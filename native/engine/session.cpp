#include "engine/session.h"

#include <cstring>

namespace gdws {

Session::Session(int threads, std::string kernelPreference)
    : threads_(threads), kernelPreference_(std::move(kernelPreference)) {}

std::shared_ptr<const float[]> Session::Weights::find(const std::string& key,
                                                      const std::function<std::shared_ptr<const float[]>()>& pack) {
  std::weak_ptr<const float[]>& known = packed[key];
  if (auto weights = known.lock()) return weights;
  auto weights = pack();
  known = weights;
  return weights;
}

std::shared_ptr<CompiledProgram> Session::compile(const int32_t* words, size_t count,
                                                  const std::vector<ConstantData>& constants) {
  Program program = parseProgram(words, count, constants);
  KernelContext context{bestVectors(), weights_, threads_};
  const auto retain = [this](const Value& value) {
    AlignedBytes& kept = weights_.plain[value.index];
    if (!kept) {
      kept = allocateBytes(value.bytes());
      std::memcpy(kept.get(), value.data, value.bytes());
    }
    return kept;
  };
  return std::make_shared<CompiledProgram>(std::move(program), context, kernelPreference_, retain);
}

}  // namespace gdws
