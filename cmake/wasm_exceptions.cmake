# Zig's C++ library for WASI is compiled without exceptions, which WebAssembly has instructions for. These are the files
# that throw and catch, of the sources that come with Zig.
enable_language(C)
get_filename_component(ZIG_LIBRARY ${GDWS_ZIG} DIRECTORY)
set(ZIG_LIBRARY ${ZIG_LIBRARY}/lib)
add_library(wasm_exceptions OBJECT
  ${ZIG_LIBRARY}/libcxxabi/src/cxa_exception.cpp
  ${ZIG_LIBRARY}/libcxxabi/src/cxa_personality.cpp
  ${ZIG_LIBRARY}/libunwind/src/Unwind-wasm.c)
target_include_directories(wasm_exceptions PRIVATE
  ${ZIG_LIBRARY}/libcxxabi/include ${ZIG_LIBRARY}/libcxx/src ${ZIG_LIBRARY}/libunwind/include)
target_compile_definitions(wasm_exceptions PRIVATE
  _LIBCPP_BUILDING_LIBRARY LIBCXX_BUILDING_LIBCXXABI _LIBCXXABI_BUILDING_LIBRARY _LIBCXXABI_HAS_NO_THREADS
  _LIBUNWIND_HIDE_SYMBOLS)
target_compile_options(wasm_exceptions PRIVATE -fwasm-exceptions -fdeclspec)
