# Cross compiles by Zig's compiler, which has the C and C++ libraries of every target (scripts/platforms/build.mjs):
#   cmake -S . -B build/… -DCMAKE_TOOLCHAIN_FILE=cmake/zig.cmake -DGDWS_OPENMP=OFF
#     -DGDWS_ZIG=<the compiler> -DGDWS_ZIG_TARGET=<as zig's -target> -DGDWS_SYSTEM=<as CMAKE_SYSTEM_NAME>
#     [-DGDWS_VECTOR_COMPILER=<a GCC for the same processor, for the vector units>]
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES GDWS_ZIG GDWS_ZIG_TARGET GDWS_SYSTEM GDWS_VECTOR_COMPILER)
set(CMAKE_SYSTEM_NAME ${GDWS_SYSTEM})
string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR ${GDWS_ZIG_TARGET})
# The second and third words are arguments that go with each call.
set(TARGET -target ${GDWS_ZIG_TARGET})
if(GDWS_ZIG_TARGET MATCHES "^wasm32")
  # Zig adds an option of its own to every call, of which its Clang then says that it is not used.
  list(APPEND TARGET -mcpu=generic+simd128+exception_handling -Wno-unused-command-line-argument)
endif()
set(CMAKE_CXX_COMPILER ${GDWS_ZIG} c++ ${TARGET})
set(CMAKE_C_COMPILER ${GDWS_ZIG} cc ${TARGET})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

if(NOT GDWS_VECTOR_COMPILER)
  # Zig takes names of processors where Clang takes those of architectures.
  set(GDWS_DOTPROD_OPTIONS -mcpu=generic+dotprod)
  if(GDWS_SYSTEM STREQUAL "Darwin")
    # All of Apple's have it, and more, which Clang's header of NEON for them takes for granted.
    set(GDWS_DOTPROD_OPTIONS -mcpu=apple_m1)
  endif()
  # It switches off what its baseline lacks, one by one; AVX-512 alone does not bring vectors of 64 bytes back.
  set(GDWS_AVX512_OPTIONS -mevex512)
endif()
# No debug information, no symbols but the exported ones, and no paths of this machine.
set(CMAKE_CXX_FLAGS_INIT "-g0 -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -fno-sanitize=undefined")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-s")
