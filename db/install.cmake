# What `cmake --install` puts elsewhere, and how others find it: find_package(trunkline), pkg-config trunkline_db.
# Nothing in it names the place it is installed to, so that the folder may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(trunkline_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/trunkline)
set_target_properties(trunkline_db PROPERTIES EXPORT_NAME db)
install(TARGETS trunkline_db EXPORT trunkline COMPONENT db
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT db
  FILES_MATCHING PATTERN *.hpp)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/trunkline COMPONENT db)

install(EXPORT trunkline NAMESPACE trunkline:: FILE trunkline-targets.cmake DESTINATION ${trunkline_package_dir} COMPONENT db)
configure_package_config_file(${CMAKE_CURRENT_SOURCE_DIR}/trunkline-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/trunkline-config.cmake INSTALL_DESTINATION ${trunkline_package_dir}
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a second number is a promise of nothing.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/trunkline-config-version.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/trunkline-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/trunkline-config-version.cmake
  DESTINATION ${trunkline_package_dir} COMPONENT db)

set(trunkline_pc_dir ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${trunkline_pc_dir} OUTPUT_VARIABLE trunkline_pc_to_prefix)
set(trunkline_pc_libdir "\${prefix}")
cmake_path(APPEND trunkline_pc_libdir ${CMAKE_INSTALL_LIBDIR}) # an absolute one, as some systems have, stays so
set(trunkline_pc_includedir "\${prefix}")
cmake_path(APPEND trunkline_pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/trunkline_db.pc.in ${CMAKE_CURRENT_BINARY_DIR}/trunkline_db.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/trunkline_db.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT db)
