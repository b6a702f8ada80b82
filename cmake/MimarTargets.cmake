# One library per folder, one program per main(), one test binary per folder.

# mimar_add_library(<target> SOURCES ... HEADERS ... DEPENDS ... PRIVATE_DEPENDS ... [TORCH])
# DEPENDS are the folder's direct dependencies and what its headers show. A folder's headers are
# in reach only through its own include directory, which holds one link to the folder: a target
# that does not depend on a folder, directly or through others, cannot include from it. TORCH names
# targets whose files include LibTorch.
function(mimar_add_library target)
  cmake_parse_arguments(arg "TORCH" "" "SOURCES;HEADERS;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  set(include_dir "${PROJECT_BINARY_DIR}/include/${folder}")
  file(MAKE_DIRECTORY "${include_dir}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${include_dir}/${folder}" SYMBOLIC)
  list(TRANSFORM arg_HEADERS PREPEND "${include_dir}/${folder}/")

  add_library(${target} STATIC ${arg_SOURCES})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${include_dir}" FILES ${arg_HEADERS})
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS}
                        mimar_options)
  if(arg_TORCH)
    target_precompile_headers(${target} REUSE_FROM mimar_precompiled_torch)
  else()
    target_precompile_headers(${target} REUSE_FROM mimar_precompiled)
  endif()
endfunction()

# mimar_add_program(<name> SOURCES ... DEPENDS ...)
function(mimar_add_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} mimar_options)
endfunction()

# mimar_add_test(<target> SOURCES ... DEPENDS ... [LABELS ...] [WHOLE] [TORCH])
# WHOLE registers the binary as one test: for LibTorch, which takes 0.4 s to load. Tests that
# start programs find them in MIMAR_BIN_DIR.
function(mimar_add_test target)
  cmake_parse_arguments(arg "WHOLE;TORCH" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(${target} PRIVATE
    MIMAR_SOURCE_DIR="${PROJECT_SOURCE_DIR}" MIMAR_BIN_DIR="${PROJECT_BINARY_DIR}/bin")
  target_link_libraries(${target} PRIVATE ${arg_DEPENDS} GTest::gmock GTest::gtest_main
                        mimar_options)
  if(arg_TORCH)
    target_precompile_headers(${target} REUSE_FROM mimar_precompiled_torch)
  else()
    target_precompile_headers(${target} REUSE_FROM mimar_precompiled_test)
  endif()
  if(arg_WHOLE)
    add_test(NAME ${target} COMMAND ${target})
    # One thread each: tests run side by side, and threads that wait for each other's cores are slow.
    set_tests_properties(${target} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900
                         ENVIRONMENT OMP_NUM_THREADS=1)
  else()
    gtest_discover_tests(${target} DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 300)
  endif()
endfunction()
