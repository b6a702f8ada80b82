# LibTorch as one target, mimar_torch: Debian's libtorch-dev or any other LibTorch from 1.13 on that
# CMAKE_PREFIX_PATH leads to. Its own warnings are not ours.

if(NOT TARGET mimar_torch)
  set(quiet_before "${CMAKE_MESSAGE_LOG_LEVEL}")
  set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # mimar_torch is linked from other folders too
  find_package(Torch REQUIRED)
  unset(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
  set(CMAKE_MESSAGE_LOG_LEVEL "${quiet_before}")

  add_library(mimar_torch INTERFACE)
  target_include_directories(mimar_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(mimar_torch INTERFACE ${TORCH_LIBRARIES})
endif()
