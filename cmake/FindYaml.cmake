# Finds libyaml, which ships no CMake package of its own. Target: Yaml::yaml.
find_path(Yaml_INCLUDE_DIR NAMES yaml.h)
find_library(Yaml_LIBRARY NAMES yaml)
mark_as_advanced(Yaml_INCLUDE_DIR Yaml_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Yaml REQUIRED_VARS Yaml_LIBRARY Yaml_INCLUDE_DIR)

if(Yaml_FOUND AND NOT TARGET Yaml::yaml)
  add_library(Yaml::yaml UNKNOWN IMPORTED)
  set_target_properties(Yaml::yaml PROPERTIES IMPORTED_LOCATION "${Yaml_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                                                  "${Yaml_INCLUDE_DIR}")
endif()
