# Precompiled headers: what most files read and what costs most of a compilation. They save time
# only; the tidy preset compiles without them, so a file that forgets an include is found there.

set(MIMAR_COMMON_HEADERS
  <algorithm> <array> <cmath> <cstdint> <filesystem> <functional> <limits> <map> <memory> <optional>
  <ostream> <set> <span> <sstream> <string> <string_view> <utility> <variant> <vector>
  <boost/multiprecision/cpp_int.hpp> <nlohmann/json.hpp>)

# mimar_add_precompiled(<name> HEADERS ... [DEPENDS ...])
# An object library of one empty file that owns the compiled headers; others take them with
# target_precompile_headers(<target> REUSE_FROM <name>).
function(mimar_add_precompiled name)
  cmake_parse_arguments(arg "" "" "HEADERS;DEPENDS" ${ARGN})
  set(source "${PROJECT_BINARY_DIR}/${name}.cpp")
  if(NOT EXISTS "${source}")
    file(WRITE "${source}" "// Owns a precompiled header.\n")
  endif()
  add_library(${name} OBJECT "${source}")
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} mimar_options)
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

find_package(Boost REQUIRED)
find_package(nlohmann_json REQUIRED)
mimar_add_precompiled(mimar_precompiled
  HEADERS ${MIMAR_COMMON_HEADERS}
  DEPENDS Boost::headers nlohmann_json::nlohmann_json)
if(MIMAR_BUILD_TESTS)
  find_package(GTest REQUIRED)
  mimar_add_precompiled(mimar_precompiled_test
    HEADERS ${MIMAR_COMMON_HEADERS} <gmock/gmock.h> <gtest/gtest.h>
    DEPENDS Boost::headers nlohmann_json::nlohmann_json GTest::gmock)
endif()
if(MIMAR_WITH_TORCH)
  include(MimarTorch)
  mimar_add_precompiled(mimar_precompiled_torch
    HEADERS ${MIMAR_COMMON_HEADERS} <ATen/ATen.h> <torch/csrc/jit/api/module.h>
            <torch/nn/module.h> <torch/optim/optimizer.h>
    DEPENDS Boost::headers nlohmann_json::nlohmann_json mimar_torch)
endif()
