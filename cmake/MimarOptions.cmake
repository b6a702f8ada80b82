# What every target of ours is compiled with: language, warnings, sanitizers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(MIMAR_CCACHE ccache)
if(MIMAR_CCACHE)
  # Without this ccache leaves files with a precompiled header alone.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${MIMAR_CCACHE}")
endif()

add_library(mimar_options INTERFACE)
target_compile_options(mimar_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual
  -pthread)  # everywhere, or the precompiled headers would differ
if(MIMAR_WERROR)
  target_compile_options(mimar_options INTERFACE -Werror)
endif()
if(MIMAR_SANITIZE)
  target_compile_options(mimar_options INTERFACE
    -fsanitize=${MIMAR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    -Wno-maybe-uninitialized)  # g++ 12 sees it in the library's own <regex> then
  target_link_options(mimar_options INTERFACE -fsanitize=${MIMAR_SANITIZE})
endif()
