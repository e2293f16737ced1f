#include "addon/linalg_task.h"

#include "addon/bounds.h"
#include "addon/typed_array.h"
#include "linalg/decompose.h"
#include "linalg/interruption.h"
#include "linalg/matrix_error.h"

namespace gdws {

namespace {

class WeightNotFinite : public std::exception {
 public:
  explicit WeightNotFinite(int64_t index) : index(index) {}
  const char* what() const noexcept override { return "a weight is not finite"; }

  const int64_t index;
};

}  // namespace

void LinalgTask::work() {
  try {
    const Interruption::Scope scope(aborted);
    compute();
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void LinalgTask::settle(Napi::Env env) {
  try {
    if (failure_) std::rethrow_exception(failure_);
    deferred_->Resolve(result(env));
  } catch (const Napi::Error& error) {
    deferred_->Reject(error.Value());
  } catch (const WeightNotFinite& error) {
    deferred_->Reject(coded(env, "MODEL_INVALID", error.what(), "index", error.index).Value());
  } catch (const MatrixError& error) {
    deferred_->Reject(coded(env, "ARGUMENT_INVALID", error.what(), error.matrix.unit, error.matrix.index).Value());
  } catch (const std::exception& exception) {
    deferred_->Reject(toJavaScript(env, exception).Value());
  }
}

void LinalgTask::useThreads(const Napi::Value& threads) {
  threads_ = granted(static_cast<int>(positiveInteger(threads, "threads must be from 1 to 1024", maxThreads)));
}

LayerTask::LayerTask(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ArrayElements given(info[0], DataType::float32);
  if (!info[1].IsObject()) throw invalidArgument(env, "a layer's dimensions must be an object");
  const auto dimension = [dimensions = info[1].As<Napi::Object>()](const char* name, const char* message) {
    return positiveInteger(dimensions.Get(name), message);
  };
  weights_.outputChannels = dimension("outputChannels", "outputChannels must be a positive integer");
  weights_.inputChannels = dimension("inputChannels", "inputChannels must be a positive integer");
  weights_.taps = dimension("taps", "taps must be a positive integer");
  weights_.groups = dimension("groups", "groups must be a positive integer");
  useThreads(info[2]);
  if (weights_.outputChannels % weights_.groups != 0 || weights_.inputChannels % weights_.groups != 0) {
    throw invalidArgument(env, "groups must divide the numbers of channels");
  }
  int64_t size = 0;
  if (__builtin_mul_overflow(weights_.outputChannels, weights_.channelsPerGroup(), &size) ||
      __builtin_mul_overflow(size, weights_.taps, &size) || static_cast<size_t>(size) != given.count()) {
    throw invalidArgument(env, "weights have another size than their dimensions");
  }
  elements_ = given.toVector<float>();
  weights_.data = elements_.data();
}

void LayerTask::compute() {
  const int64_t nonFinite = firstNonFinite(weights_);
  if (nonFinite >= 0) throw WeightNotFinite(nonFinite);
  computeLayer();
}

int64_t positiveInteger(const Napi::Value& value, const char* message, int64_t max) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
  if (!(number >= 1 && number <= static_cast<double>(max)) || number != static_cast<double>(int64_t(number))) {
    throw invalidArgument(value.Env(), message);
  }
  return static_cast<int64_t>(number);
}

namespace {

/// Whether `value` is a typed array of planes·rows·columns elements.
bool hasElements(const Napi::Value& value, int64_t planes, int64_t rows, int64_t columns) {
  int64_t size = 0;
  return value.IsTypedArray() && !__builtin_mul_overflow(planes, rows, &size) &&
         !__builtin_mul_overflow(size, columns, &size) &&
         static_cast<size_t>(size) == value.As<Napi::TypedArray>().ElementLength();
}

}  // namespace

std::vector<double> doublesOf(const Napi::Value& value, int64_t planes, int64_t rows, int64_t columns,
                              const char* message) {
  if (!hasElements(value, planes, rows, columns) ||
      value.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
    throw invalidArgument(value.Env(), message);
  }
  return ArrayElements(value, napi_float64_array).toVector<double>();
}

std::vector<double> realsOf(const Napi::Value& value, int64_t rows, int64_t columns, const char* message) {
  if (!hasElements(value, 1, rows, columns) || value.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
    return doublesOf(value, 1, rows, columns, message);
  }
  return ArrayElements(value, napi_float32_array).toVector<float, double>();
}

}  // namespace gdws
