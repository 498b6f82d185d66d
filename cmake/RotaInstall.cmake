# What find_package(Rota) needs beside the components' own install rules: the package configuration, its version, and
# the find modules of the libraries that have no CMake package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Rota)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/RotaConfig.cmake.in ${PROJECT_BINARY_DIR}/RotaConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/RotaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT RotaTargets NAMESPACE Rota:: DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/RotaConfig.cmake ${PROJECT_BINARY_DIR}/RotaConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindHiredis.cmake ${CMAKE_CURRENT_LIST_DIR}/FindIcal.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindYaml.cmake
        DESTINATION ${package_dir})
