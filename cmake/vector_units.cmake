# Compiles the vector units by another compiler than the rest: GCC's code for them is up to a tenth faster than Clang's
# (benchmarks/README.md). That works where both follow the same ABI, since the units use no library but for memcpy and
# its like.
#   compile_vector_units(<variable for the objects> <compiler> <units…>)
function(compile_vector_units result compiler)
  find_program(GDWS_VECTOR_COMPILER_PATH ${compiler})
  if(NOT GDWS_VECTOR_COMPILER_PATH)
    message(FATAL_ERROR "The vector units are compiled by ${compiler}, which is not installed.")
  endif()
  # What distributions add to GCC's options is left out: it would need a library, or cost time.
  set(options -O3 -DNDEBUG -std=c++20 -g0 -fPIC -fvisibility=hidden -Wall -Wextra -ffp-contract=off
    -fno-stack-protector -U_FORTIFY_SOURCE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -I${CMAKE_SOURCE_DIR}/native)
  set(objects "")
  foreach(unit ${ARGN})
    get_source_file_property(own ${unit} COMPILE_OPTIONS)
    if(NOT own)
      set(own "")
    endif()
    get_filename_component(name ${unit} NAME_WE)
    set(object ${CMAKE_BINARY_DIR}/vector_units/${name}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${GDWS_VECTOR_COMPILER_PATH} ${options} ${own} -MD -MF ${object}.d -c ${unit} -o ${object}
      DEPENDS ${unit} DEPFILE ${object}.d COMMENT "Building the vector unit ${name} by ${compiler}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/vector_units)
  set_source_files_properties(${objects} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  set(${result} ${objects} PARENT_SCOPE)
endfunction()
