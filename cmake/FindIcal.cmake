# Finds libical by its files: the CMake package that Debian ships with it names static libraries that are not there.
# Target: Ical::ical.
find_path(Ical_INCLUDE_DIR NAMES libical/ical.h)
find_library(Ical_LIBRARY NAMES ical)
mark_as_advanced(Ical_INCLUDE_DIR Ical_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Ical REQUIRED_VARS Ical_LIBRARY Ical_INCLUDE_DIR)

if(Ical_FOUND AND NOT TARGET Ical::ical)
  add_library(Ical::ical UNKNOWN IMPORTED)
  set_target_properties(Ical::ical PROPERTIES IMPORTED_LOCATION "${Ical_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                                                  "${Ical_INCLUDE_DIR}")
endif()
