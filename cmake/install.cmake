# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` and `cpack` make of a build. Paths inside the package are those of the source
# tree, and the program looks for them beside itself: an installation can be moved.
#
#   program   lsgd-conform, its suites, golden vectors and models, its manual
#   targets   the ports of this machine's gcc, and what links another port to them
#   sources   the C sources of agent, platforms and port template, headers of the reference

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(data ${CMAKE_INSTALL_DATADIR}/lsgd-conform)

# The manual is what the command line says of itself.
set(manual ${PROJECT_BINARY_DIR}/lsgd-conform.1.gz)
add_custom_command(OUTPUT ${manual}
  COMMAND lsgd-conform manual | gzip -9n > ${manual} DEPENDS lsgd-conform)
add_custom_target(lsgd_manual ALL DEPENDS ${manual})

install(TARGETS lsgd-conform RUNTIME COMPONENT program)
install(TARGETS lsgd-hdf5-reader RUNTIME DESTINATION lib/lsgd-conform COMPONENT program)
foreach(directory harness/suites vectors/golden vectors/models vectors/probes)
  cmake_path(GET directory PARENT_PATH parent)
  install(DIRECTORY ${directory} DESTINATION ${data}/${parent} COMPONENT program)
endforeach()
install(DIRECTORY harness/schedulers harness/publishing DESTINATION ${data}/harness COMPONENT program
  USE_SOURCE_PERMISSIONS)
install(FILES cmake/debian-packages.txt DESTINATION ${data}/cmake COMPONENT program)
install(FILES ${manual}
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES cmake/lsgd-conform.bash-completion
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME lsgd-conform
  COMPONENT program)
install(FILES README.md CHANGELOG.md reference/SPEC.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

install(DIRECTORY ${PROJECT_BINARY_DIR}/targets/ DESTINATION lib/lsgd-conform/targets
  COMPONENT targets USE_SOURCE_PERMISSIONS
  FILES_MATCHING PATTERN "*-host-gcc_O2*" PATTERN "platform-host.link"
  PATTERN "*_m32*" EXCLUDE PATTERN CMakeFiles EXCLUDE PATTERN benchmark EXCLUDE PATTERN declared EXCLUDE
  PATTERN generated EXCLUDE PATTERN modified EXCLUDE PATTERN mutation EXCLUDE PATTERN parts EXCLUDE
  PATTERN platforms EXCLUDE PATTERN ports EXCLUDE PATTERN tests EXCLUDE)
install(CODE "
  file(GLOB images \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/lsgd-conform/targets/*-host-gcc_O2)
  execute_process(COMMAND ${CMAKE_STRIP} \${images} COMMAND_ERROR_IS_FATAL ANY)" COMPONENT targets)

foreach(directory include agent platforms ports/template ports/declared_c99)
  cmake_path(GET directory PARENT_PATH parent)
  install(DIRECTORY targets/${directory} DESTINATION ${data}/targets/${parent} COMPONENT sources)
endforeach()
install(FILES targets/README.md DESTINATION ${data}/targets COMPONENT sources)

# The agent, for `find_package(lsgd_agent)` in projects of others.
set(agent_package ${PROJECT_BINARY_DIR}/lsgd_agent)
add_custom_command(OUTPUT ${agent_package}/lsgd_agentConfig.cmake
  COMMAND lsgd-conform export agent --layout cmake --out ${agent_package} DEPENDS lsgd-conform)
add_custom_target(lsgd_agent_package ALL DEPENDS ${agent_package}/lsgd_agentConfig.cmake)
install(DIRECTORY ${agent_package} DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake COMPONENT sources)

# The reference, for `find_package(lsgd)` and `target_link_libraries(... lsgd::reference)`.
set_target_properties(lsgd_reference PROPERTIES EXPORT_NAME reference)
install(TARGETS lsgd_reference EXPORT lsgd COMPONENT sources)
install(DIRECTORY reference/include/lsgd DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sources
  PATTERN arithmetic EXCLUDE)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/lsgd)
install(EXPORT lsgd NAMESPACE lsgd:: DESTINATION ${package} COMPONENT sources)
write_basic_package_version_file(lsgdConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES cmake/lsgdConfig.cmake ${PROJECT_BINARY_DIR}/lsgdConfigVersion.cmake
  DESTINATION ${package} COMPONENT sources)

# What Debian asks of the documents of every package.
file(WRITE ${PROJECT_BINARY_DIR}/changelog
  "lsgd-conform (${PROJECT_VERSION}) unstable; urgency=low\n\n  * See CHANGELOG.md of lsgd-conform.\n\n"
  " -- L-SGD conformance suite maintainers <maintainers@lsgd-conform.invalid>  Sun, 01 Nov 2026 00:00:00 +0000\n")
execute_process(COMMAND gzip -9nkf ${PROJECT_BINARY_DIR}/changelog COMMAND_ERROR_IS_FATAL ANY)
foreach(component program targets sources)
  set(package lsgd-conform-${component})
  if(component STREQUAL program)
    set(package lsgd-conform)
  endif()
  install(FILES cmake/copyright ${PROJECT_BINARY_DIR}/changelog.gz
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_COMPONENTS_ALL program targets sources)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_PACKAGE_CONTACT "L-SGD conformance suite maintainers <maintainers@lsgd-conform.invalid>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME lsgd-conform)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS dataset-fashion-mnist)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
  "Runs a port of L-SGD training on a device, judges its numbers, its learning
and its costs, and writes a report.")
set(CPACK_DEBIAN_TARGETS_PACKAGE_NAME lsgd-conform-targets)
set(CPACK_DEBIAN_TARGETS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TARGETS_PACKAGE_DEPENDS lsgd-conform)
set(CPACK_DEBIAN_TARGETS_DESCRIPTION
  "Ports of L-SGD training in C for this machine, linked to the
agent that lsgd-conform talks to.")
set(CPACK_DEBIAN_SOURCES_PACKAGE_NAME lsgd-conform-sources)
set(CPACK_DEBIAN_SOURCES_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_SOURCES_PACKAGE_RECOMMENDS "libboost-dev, libmpfr-dev")
set(CPACK_DEBIAN_SOURCES_DESCRIPTION
  "What a port of one's own is built from: agent and platforms in C.
Headers of the reference with its error bounds.")
include(CPack)
