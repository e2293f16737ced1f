// Made from src/program/schema.ts by `npm run generate:program`.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "program/attribute_reader.h"
#include "program/functions.h"
#include "program/fused_activation.h"
#include "program/program.h"

namespace gdws {

// The attributes of each opcode that has some; docs/architecture.md says what they are. `of` throws ProgramError where
// the operation's ints and floats are not as the schema has them.

struct ConvolutionAttributes {
  int32_t groups = 0;
  std::array<int32_t, 2> strides = {};
  std::array<int32_t, 2> dilations = {};
  std::array<int32_t, 4> pads = {};
  FusedActivation activation = {};

  static ConvolutionAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 10, .floats = 2});
    return {
        .groups = reader.integer("groups", 1),
        .strides = reader.integers<2>("strides", 1),
        .dilations = reader.integers<2>("dilations", 1),
        .pads = reader.integers<4>("pads", 0),
        .activation = reader.activation("activation"),
    };
  }
};

struct GdwsAttributes {
  int32_t groups = 0;
  std::array<int32_t, 2> strides = {};
  std::array<int32_t, 2> dilations = {};
  std::array<int32_t, 4> pads = {};
  FusedActivation activation = {};
  std::vector<int32_t> kernels = {};

  static GdwsAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 10, .floats = 2, .hasRest = true});
    return {
        .groups = reader.integer("groups", 1),
        .strides = reader.integers<2>("strides", 1),
        .dilations = reader.integers<2>("dilations", 1),
        .pads = reader.integers<4>("pads", 0),
        .activation = reader.activation("activation"),
        .kernels = reader.rest("kernels", 0),
    };
  }
};

struct ConvolutionTransposeAttributes {
  int32_t groups = 0;
  std::array<int32_t, 2> strides = {};
  std::array<int32_t, 2> dilations = {};
  std::array<int32_t, 4> pads = {};
  FusedActivation activation = {};

  static ConvolutionTransposeAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 10, .floats = 2});
    return {
        .groups = reader.integer("groups", 1),
        .strides = reader.integers<2>("strides", 1),
        .dilations = reader.integers<2>("dilations", 1),
        .pads = reader.integers<4>("pads", 0),
        .activation = reader.activation("activation"),
    };
  }
};

struct MatmulAttributes {
  bool transposeA = false;
  bool transposeB = false;
  float alpha = 0;
  FusedActivation activation = {};

  static MatmulAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 3, .floats = 3});
    return {
        .transposeA = reader.flag("transposeA"),
        .transposeB = reader.flag("transposeB"),
        .alpha = reader.real(),
        .activation = reader.activation("activation"),
    };
  }
};

struct MaxPoolAttributes {
  std::array<int32_t, 2> kernel = {};
  std::array<int32_t, 2> strides = {};
  std::array<int32_t, 2> dilations = {};
  std::array<int32_t, 4> pads = {};

  static MaxPoolAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 10, .floats = 0});
    return {
        .kernel = reader.integers<2>("kernel", 1),
        .strides = reader.integers<2>("strides", 1),
        .dilations = reader.integers<2>("dilations", 1),
        .pads = reader.integers<4>("pads", 0),
    };
  }
};

struct AveragePoolAttributes {
  std::array<int32_t, 2> kernel = {};
  std::array<int32_t, 2> strides = {};
  std::array<int32_t, 2> dilations = {};
  std::array<int32_t, 4> pads = {};
  bool countIncludePad = false;

  static AveragePoolAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 11, .floats = 0});
    return {
        .kernel = reader.integers<2>("kernel", 1),
        .strides = reader.integers<2>("strides", 1),
        .dilations = reader.integers<2>("dilations", 1),
        .pads = reader.integers<4>("pads", 0),
        .countIncludePad = reader.flag("countIncludePad"),
    };
  }
};

struct UnaryAttributes {
  UnaryFunction function = {};
  float a = 0;
  float b = 0;

  static UnaryAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 2});
    return {
        .function = reader.name<UnaryFunction>("function", unaryFunctionCount),
        .a = reader.real(),
        .b = reader.real(),
    };
  }
};

struct BinaryAttributes {
  BinaryFunction function = {};
  FusedActivation activation = {};

  static BinaryAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 2, .floats = 2});
    return {
        .function = reader.name<BinaryFunction>("function", binaryFunctionCount),
        .activation = reader.activation("activation"),
    };
  }
};

struct ScaleShiftAttributes {
  FusedActivation activation = {};

  static ScaleShiftAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 2});
    return {
        .activation = reader.activation("activation"),
    };
  }
};

struct NormalizeAttributes {
  int32_t inner = 0;
  float epsilon = 0;

  static NormalizeAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 1});
    return {
        .inner = reader.integer("inner"),
        .epsilon = reader.real(),
    };
  }
};

struct LocalResponseAttributes {
  int32_t size = 0;
  float alpha = 0;
  float beta = 0;
  float bias = 0;

  static LocalResponseAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 3});
    return {
        .size = reader.integer("size"),
        .alpha = reader.real(),
        .beta = reader.real(),
        .bias = reader.real(),
    };
  }
};

struct ReduceAttributes {
  ReduceFunction function = {};
  std::vector<int32_t> axes = {};

  static ReduceAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0, .hasRest = true});
    return {
        .function = reader.name<ReduceFunction>("function", reduceFunctionCount),
        .axes = reader.rest("axes"),
    };
  }
};

struct ArgReduceAttributes {
  int32_t axis = 0;
  Extreme extreme = {};
  bool selectLast = false;

  static ArgReduceAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 3, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
        .extreme = reader.name<Extreme>("extreme", extremeCount),
        .selectLast = reader.flag("selectLast"),
    };
  }
};

struct SoftmaxAttributes {
  int32_t n = 0;
  int32_t inner = 0;
  bool logarithm = false;

  static SoftmaxAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 3, .floats = 0});
    return {
        .n = reader.integer("n"),
        .inner = reader.integer("inner"),
        .logarithm = reader.flag("logarithm"),
    };
  }
};

struct ConcatAttributes {
  int32_t axis = 0;

  static ConcatAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
    };
  }
};

struct StridedAttributes {
  int32_t offset = 0;
  std::vector<int32_t> strides = {};

  static StridedAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0, .hasRest = true});
    return {
        .offset = reader.integer("offset"),
        .strides = reader.rest("strides"),
    };
  }
};

struct PadAttributes {
  std::vector<int32_t> begins = {};
  float value = 0;

  static PadAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 0, .floats = 1, .hasRest = true});
    return {
        .begins = reader.rest("begins"),
        .value = reader.real(),
    };
  }
};

struct GatherAttributes {
  int32_t axis = 0;

  static GatherAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
    };
  }
};

struct InterpolateAttributes {
  int32_t axis = 0;

  static InterpolateAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
    };
  }
};

struct CompareAttributes {
  CompareFunction function = {};

  static CompareAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0});
    return {
        .function = reader.name<CompareFunction>("function", compareFunctionCount),
    };
  }
};

struct MaxPoolGradientAttributes {
  std::array<int32_t, 2> kernel = {};
  std::array<int32_t, 2> strides = {};
  std::array<int32_t, 2> dilations = {};
  std::array<int32_t, 4> pads = {};

  static MaxPoolGradientAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 10, .floats = 0});
    return {
        .kernel = reader.integers<2>("kernel", 1),
        .strides = reader.integers<2>("strides", 1),
        .dilations = reader.integers<2>("dilations", 1),
        .pads = reader.integers<4>("pads", 0),
    };
  }
};

struct MaxPoolIndicesAttributes {
  std::array<int32_t, 3> kernel = {};
  std::array<int32_t, 3> strides = {};
  std::array<int32_t, 3> dilations = {};
  std::array<int32_t, 6> pads = {};
  bool columnMajor = false;

  static MaxPoolIndicesAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 16, .floats = 0});
    return {
        .kernel = reader.integers<3>("kernel", 1),
        .strides = reader.integers<3>("strides", 1),
        .dilations = reader.integers<3>("dilations", 1),
        .pads = reader.integers<6>("pads", 0),
        .columnMajor = reader.flag("columnMajor"),
    };
  }
};

struct GridSampleAttributes {
  Interpolation interpolation = {};
  OutsideMap outside = {};
  bool alignCorners = false;

  static GridSampleAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 3, .floats = 0});
    return {
        .interpolation = reader.name<Interpolation>("interpolation", interpolationCount),
        .outside = reader.name<OutsideMap>("outside", outsideMapCount),
        .alignCorners = reader.flag("alignCorners"),
    };
  }
};

struct RoiAlignAttributes {
  BinPooling pooling = {};
  int32_t samples = 0;
  bool halfPixel = false;
  float scale = 0;

  static RoiAlignAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 3, .floats = 1});
    return {
        .pooling = reader.name<BinPooling>("pooling", binPoolingCount),
        .samples = reader.integer("samples", 0),
        .halfPixel = reader.flag("halfPixel"),
        .scale = reader.real(),
    };
  }
};

struct GatherElementsAttributes {
  int32_t axis = 0;

  static GatherElementsAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
    };
  }
};

struct GatherNDAttributes {
  int32_t batchAxes = 0;

  static GatherNDAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0});
    return {
        .batchAxes = reader.integer("batchAxes", 0),
    };
  }
};

struct ScatterElementsAttributes {
  int32_t axis = 0;
  ScatterUpdate update = {};

  static ScatterElementsAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 2, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
        .update = reader.name<ScatterUpdate>("update", scatterUpdateCount),
    };
  }
};

struct ScatterNDAttributes {
  ScatterUpdate update = {};

  static ScatterNDAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0});
    return {
        .update = reader.name<ScatterUpdate>("update", scatterUpdateCount),
    };
  }
};

struct TopKAttributes {
  int32_t axis = 0;
  bool largest = false;

  static TopKAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 2, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
        .largest = reader.flag("largest"),
    };
  }
};

struct CumulativeSumAttributes {
  int32_t axis = 0;
  bool exclusive = false;
  bool reverse = false;

  static CumulativeSumAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 3, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
        .exclusive = reader.flag("exclusive"),
        .reverse = reader.flag("reverse"),
    };
  }
};

struct QuantizeAttributes {
  int32_t axis = 0;

  static QuantizeAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
    };
  }
};

struct DequantizeAttributes {
  int32_t axis = 0;

  static DequantizeAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 1, .floats = 0});
    return {
        .axis = reader.integer("axis", 0),
    };
  }
};

struct IntegerConvolutionAttributes {
  int32_t groups = 0;
  std::array<int32_t, 2> strides = {};
  std::array<int32_t, 2> dilations = {};
  std::array<int32_t, 4> pads = {};
  int32_t zeroPoint = 0;
  int32_t least = 0;
  int32_t most = 0;
  int32_t residualZeroPoint = 0;
  int32_t innerLeast = 0;
  int32_t innerMost = 0;
  bool sumsBytes = false;
  float sumScale = 1;
  float residualScale = 0;

  static IntegerConvolutionAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 16, .floats = 2});
    return {
        .groups = reader.integer("groups", 1),
        .strides = reader.integers<2>("strides", 1),
        .dilations = reader.integers<2>("dilations", 1),
        .pads = reader.integers<4>("pads", 0),
        .zeroPoint = reader.integer("zeroPoint"),
        .least = reader.integer("least"),
        .most = reader.integer("most"),
        .residualZeroPoint = reader.integer("residualZeroPoint"),
        .innerLeast = reader.integer("innerLeast"),
        .innerMost = reader.integer("innerMost"),
        .sumsBytes = reader.flag("sumsBytes"),
        .sumScale = reader.real(),
        .residualScale = reader.real(),
    };
  }
};

struct IntegerGdwsAttributes {
  int32_t groups = 0;
  std::array<int32_t, 2> strides = {};
  std::array<int32_t, 2> dilations = {};
  std::array<int32_t, 4> pads = {};
  int32_t featureZeroPoint = 0;
  int32_t featureLeast = 0;
  int32_t featureMost = 0;
  int32_t zeroPoint = 0;
  int32_t least = 0;
  int32_t most = 0;
  int32_t residualZeroPoint = 0;
  int32_t innerLeast = 0;
  int32_t innerMost = 0;
  bool sumsBytes = false;
  float sumScale = 1;
  float residualScale = 0;
  std::vector<int32_t> kernels = {};

  static IntegerGdwsAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 19, .floats = 2, .hasRest = true});
    return {
        .groups = reader.integer("groups", 1),
        .strides = reader.integers<2>("strides", 1),
        .dilations = reader.integers<2>("dilations", 1),
        .pads = reader.integers<4>("pads", 0),
        .featureZeroPoint = reader.integer("featureZeroPoint"),
        .featureLeast = reader.integer("featureLeast"),
        .featureMost = reader.integer("featureMost"),
        .zeroPoint = reader.integer("zeroPoint"),
        .least = reader.integer("least"),
        .most = reader.integer("most"),
        .residualZeroPoint = reader.integer("residualZeroPoint"),
        .innerLeast = reader.integer("innerLeast"),
        .innerMost = reader.integer("innerMost"),
        .sumsBytes = reader.flag("sumsBytes"),
        .sumScale = reader.real(),
        .residualScale = reader.real(),
        .kernels = reader.rest("kernels", 0),
    };
  }
};

struct IntegerBinaryAttributes {
  IntegerBinaryFunction function = {};
  int32_t aZeroPoint = 0;
  int32_t bZeroPoint = 0;
  int32_t zeroPoint = 0;
  int32_t least = 0;
  int32_t most = 0;
  float aScale = 0;
  float bScale = 0;

  static IntegerBinaryAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 6, .floats = 2});
    return {
        .function = reader.name<IntegerBinaryFunction>("function", integerBinaryFunctionCount),
        .aZeroPoint = reader.integer("aZeroPoint"),
        .bZeroPoint = reader.integer("bZeroPoint"),
        .zeroPoint = reader.integer("zeroPoint"),
        .least = reader.integer("least"),
        .most = reader.integer("most"),
        .aScale = reader.real(),
        .bScale = reader.real(),
    };
  }
};

struct IntegerAveragePoolAttributes {
  std::array<int32_t, 2> kernel = {};
  std::array<int32_t, 2> strides = {};
  std::array<int32_t, 2> dilations = {};
  std::array<int32_t, 4> pads = {};
  bool countIncludePad = false;
  int32_t xZeroPoint = 0;
  int32_t zeroPoint = 0;
  float scale = 0;

  static IntegerAveragePoolAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 13, .floats = 1});
    return {
        .kernel = reader.integers<2>("kernel", 1),
        .strides = reader.integers<2>("strides", 1),
        .dilations = reader.integers<2>("dilations", 1),
        .pads = reader.integers<4>("pads", 0),
        .countIncludePad = reader.flag("countIncludePad"),
        .xZeroPoint = reader.integer("xZeroPoint"),
        .zeroPoint = reader.integer("zeroPoint"),
        .scale = reader.real(),
    };
  }
};

struct RecurrentAttributes {
  RecurrentCell cell = {};
  bool reverse = false;
  bool linearBeforeReset = false;
  bool inputForget = false;
  UnaryFunction f = {};
  UnaryFunction g = {};
  UnaryFunction h = {};
  float clip = 0;
  float fA = 0;
  float fB = 0;
  float gA = 0;
  float gB = 0;
  float hA = 0;
  float hB = 0;

  static RecurrentAttributes of(const OperationView& operation) {
    AttributeReader reader(operation, {.ints = 7, .floats = 7});
    return {
        .cell = reader.name<RecurrentCell>("cell", recurrentCellCount),
        .reverse = reader.flag("reverse"),
        .linearBeforeReset = reader.flag("linearBeforeReset"),
        .inputForget = reader.flag("inputForget"),
        .f = reader.name<UnaryFunction>("f", unaryFunctionCount),
        .g = reader.name<UnaryFunction>("g", unaryFunctionCount),
        .h = reader.name<UnaryFunction>("h", unaryFunctionCount),
        .clip = reader.real(),
        .fA = reader.real(),
        .fB = reader.real(),
        .gA = reader.real(),
        .gB = reader.real(),
        .hA = reader.real(),
        .hB = reader.real(),
    };
  }
};

/// Whether the operation's ints and floats are as its opcode has them. Throws ProgramError.
void checkAttributes(const OperationView& operation);

}  // namespace gdws
