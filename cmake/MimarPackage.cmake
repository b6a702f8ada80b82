# The Debian packages: `mimar`, and `mimar-train` with LibTorch behind it. scripts/package makes them.
include(GNUInstallDirs)

# Debian wants an address at which the package's maintainer reads mail: that of whoever builds it, as
# scripts/package takes it from DEBEMAIL. Until one is given, an address that says it is none (RFC
# 2606 reserves .invalid).
set(MIMAR_PACKAGE_CONTACT "Mimar developers <nobody@mimar.invalid>"
    CACHE STRING "Maintainer of the Debian packages, as NAME <ADDRESS>")

# Only what a package holds is built for it: `install` does not ask for the tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(package_dir "${PROJECT_BINARY_DIR}/package-files")

# What the program writes of itself, and what Debian wants beside it.
add_custom_command(
  OUTPUT "${package_dir}/stamp"
  COMMAND "${PROJECT_SOURCE_DIR}/cmake/package/write-files" $<TARGET_FILE:mimar>
          "${PROJECT_SOURCE_DIR}" "${package_dir}" "${PROJECT_VERSION}" "${MIMAR_PACKAGE_CONTACT}"
  DEPENDS mimar "${PROJECT_SOURCE_DIR}/cmake/package/write-files"
          "${PROJECT_SOURCE_DIR}/cmake/package/copyright" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  VERBATIM)
add_custom_target(mimar_package_files DEPENDS "${package_dir}/stamp")

install(TARGETS mimar RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT mimar)
install(FILES "${package_dir}/mimar.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
        COMPONENT mimar)
install(FILES "${package_dir}/mimar" COMPONENT mimar
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${package_dir}/_mimar" COMPONENT mimar
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
install(FILES "${package_dir}/mimar.fish" COMPONENT mimar
        DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
install(FILES README.md "${package_dir}/changelog.gz" cmake/package/copyright COMPONENT mimar
        DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/mimar")
install(DIRECTORY docs examples COMPONENT mimar USE_SOURCE_PERMISSIONS
        DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/mimar"
        PATTERN decisions EXCLUDE PATTERN style.md EXCLUDE PATTERN review-checklist.md EXCLUDE
        PATTERN __pycache__ EXCLUDE)

if(TARGET mimar-train)
  install(TARGETS mimar-controller mimar-train RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT train)
  install(FILES "${package_dir}/mimar-controller.1.gz" "${package_dir}/mimar-train.1.gz"
          DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
          COMPONENT train)
  install(FILES "${package_dir}/changelog.gz" cmake/package/copyright COMPONENT train
          DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/mimar-train")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mimar)
set(CPACK_PACKAGE_CONTACT "${MIMAR_PACKAGE_CONTACT}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL mimar)
if(TARGET mimar-train)
  list(APPEND CPACK_COMPONENTS_ALL train)
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(CPACK_DEBIAN_MIMAR_PACKAGE_NAME mimar)
set(CPACK_DEBIAN_MIMAR_PACKAGE_SECTION science)
set(CPACK_DEBIAN_MIMAR_PACKAGE_RECOMMENDS mimar-train)
set(CPACK_DEBIAN_MIMAR_PACKAGE_SUGGESTS python3)
# The first line is the project's own description.
set(CPACK_DEBIAN_MIMAR_DESCRIPTION
    "Searches network architectures and hyperparameters together, from one file in\n\
Katib's YAML, and runs each proposal as a trial: any command, in any language.")

set(CPACK_DEBIAN_TRAIN_PACKAGE_NAME mimar-train)
set(CPACK_DEBIAN_TRAIN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_TRAIN_PACKAGE_RECOMMENDS "libopenblas0-pthread, dataset-fashion-mnist")
set(CPACK_DEBIAN_TRAIN_DESCRIPTION
    "This package trains, with LibTorch: mimar-train the networks, from Mimar's\n\
description of an architecture, mimar-controller the policy that proposes them.")
include(CPack)
