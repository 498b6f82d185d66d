# rota_component(NAME <name> FLOOR <n> [TESTONLY] HDRS ... SRCS ... TESTS ... DEPS ... PRIVATE_DEPS ... TEST_DEPS ...)
#
# Makes the static library rota_<name> (alias Rota::<name>) from explicit source lists, its test program
# rota_<name>_test (label <name>), and its part of the install. The name is the folder under src/rota with '_' for '/'
# ("coordination_sqlite"). DEPS and PRIVATE_DEPS name other components without the prefix ("base"), or third-party
# targets ("Threads::Threads"); what a header shows belongs to DEPS. Only tests and other TESTONLY components may
# depend on a TESTONLY one.
#
# The configuration ends with an error when an arrow does not point down the house: a dependency on a higher floor (on
# the same floor a folder may depend on its parent folder alone), or an #include of a folder that is not among the
# dependencies.
define_property(TARGET PROPERTY ROTA_FLOOR BRIEF_DOCS "The component's floor in the house")
define_property(TARGET PROPERTY ROTA_TESTONLY BRIEF_DOCS "Whether only tests may depend on the component")
define_property(TARGET PROPERTY ROTA_REACH BRIEF_DOCS "The components whose headers a dependent may include")
define_property(GLOBAL PROPERTY ROTA_PUBLIC_COMPONENTS BRIEF_DOCS "The component targets that are not TESTONLY")

# Ends the configuration unless component `name` on `floor` may depend on component `dep`.
function(rota_check_arrow name floor testonly dep)
  get_target_property(dep_floor rota_${dep} ROTA_FLOOR)
  get_target_property(dep_testonly rota_${dep} ROTA_TESTONLY)
  if(dep_floor GREATER floor)
    message(FATAL_ERROR "rota_component(${name}): floor ${floor} must not depend on ${dep}, floor ${dep_floor}: "
                        "arrows point down")
  elseif(dep_floor EQUAL floor AND NOT name MATCHES "^${dep}_")
    message(FATAL_ERROR "rota_component(${name}): floor ${floor} must not depend on ${dep}, its neighbour on the same "
                        "floor: arrows point down")
  elseif(dep_testonly AND NOT testonly)
    message(FATAL_ERROR "rota_component(${name}): only tests may depend on ${dep}: move it to TEST_DEPS")
  endif()
endfunction()

# Sets `<out>` to the targets that the dependencies stand for, and `<out>_reach` to the components they make visible.
function(rota_resolve_dependencies name out)
  set(targets "")
  set(reach "")
  string(REPLACE "/" "_" house "${ROTA_COMPONENTS}")
  foreach(dep IN LISTS ARGN)
    if(TARGET rota_${dep})
      get_target_property(dep_reach rota_${dep} ROTA_REACH)
      list(APPEND targets rota_${dep})
      list(APPEND reach ${dep_reach})
    elseif(TARGET ${dep})
      list(APPEND targets ${dep})
    elseif(dep IN_LIST house)
      message(FATAL_ERROR "rota_component(${name}): must not depend on ${dep}, which is built above it: arrows point "
                          "down")
    else()
      message(FATAL_ERROR "rota_component(${name}): unknown dependency ${dep} (misspelt, or its find_package is missing)")
    endif()
  endforeach()
  set(${out} "${targets}" PARENT_SCOPE)
  set(${out}_reach "${reach}" PARENT_SCOPE)
endfunction()

# Ends the configuration if one of the files includes a folder that is not in `reach`.
function(rota_check_includes name reach)
  foreach(file IN LISTS ARGN)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      continue()  # CMake itself reports it, better.
    endif()
    file(STRINGS ${file} includes REGEX "^[ \t]*#[ \t]*include[ \t]*[\"<]rota/.+/")
    foreach(include IN LISTS includes)
      string(REGEX REPLACE ".*[\"<](rota/.+)[\">].*" "\\1" header "${include}")
      string(REGEX REPLACE "^rota/(.+)/[^/]+$" "\\1" folder "${header}")
      string(REPLACE "/" "_" folder "${folder}")
      if(NOT folder IN_LIST reach)
        file(READ ${file} text)
        string(FIND "${text}" "${include}" offset)
        string(SUBSTRING "${text}" 0 ${offset} before)
        string(REGEX REPLACE "[^\n]" "" before "${before}")
        string(LENGTH "${before}" line)
        math(EXPR line "${line} + 1")
        list(JOIN reach " " among)
        message(FATAL_ERROR "${CMAKE_CURRENT_SOURCE_DIR}/${file}:${line}: ${name} must not include ${header}: it is "
                            "not among what ${name} may see here (${among}). Arrows point down, along DEPS")
      endif()
    endforeach()
  endforeach()
endfunction()

# Links the targets privately. A third-party library that is headers alone is needed to build the component, not to use
# the installed one.
function(rota_link_privately target)
  foreach(dep IN LISTS ARGN)
    get_target_property(type ${dep} TYPE)
    get_target_property(links ${dep} INTERFACE_LINK_LIBRARIES)
    if(type STREQUAL "INTERFACE_LIBRARY" AND NOT links AND NOT dep MATCHES "^(rota_|Threads::)")
      set(dep "$<BUILD_INTERFACE:${dep}>")
    endif()
    target_link_libraries(${target} PRIVATE ${dep})
  endforeach()
endfunction()

function(rota_component)
  cmake_parse_arguments(PARSE_ARGV 0 C "TESTONLY" "NAME;FLOOR" "HDRS;SRCS;TESTS;DEPS;PRIVATE_DEPS;TEST_DEPS")
  if(C_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "rota_component(${C_NAME}): unknown arguments ${C_UNPARSED_ARGUMENTS}")
  endif()
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR}/src/rota ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" folder "${folder}")
  if(NOT folder STREQUAL C_NAME)
    message(FATAL_ERROR "rota_component(${C_NAME}): the name must be that of its folder under src/rota: ${folder}")
  endif()
  set(target rota_${C_NAME})
  rota_resolve_dependencies(${C_NAME} deps ${C_DEPS})
  rota_resolve_dependencies(${C_NAME} private_deps ${C_PRIVATE_DEPS})
  foreach(dep IN LISTS C_DEPS C_PRIVATE_DEPS)
    if(TARGET rota_${dep})
      rota_check_arrow(${C_NAME} ${C_FLOOR} ${C_TESTONLY} ${dep})
    endif()
  endforeach()
  set(reach ${C_NAME} ${deps_reach})
  list(REMOVE_DUPLICATES reach)
  rota_check_includes(${C_NAME} "${reach}" ${C_HDRS})
  set(private_reach ${reach} ${private_deps_reach})
  file(GLOB internal_headers RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.h)  # To check; nothing builds by a pattern.
  list(REMOVE_ITEM internal_headers ${C_HDRS} ${C_TESTS})
  rota_check_includes(${C_NAME} "${private_reach}" ${C_SRCS} ${internal_headers})

  if(C_SRCS)
    set(scope PUBLIC)
    add_library(${target} STATIC ${C_SRCS})
    target_compile_options(${target} PRIVATE ${ROTA_WARNINGS})
    rota_link_privately(${target} ${private_deps})
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  add_library(Rota::${C_NAME} ALIAS ${target})
  set_target_properties(${target} PROPERTIES ROTA_FLOOR ${C_FLOOR} ROTA_TESTONLY ${C_TESTONLY} ROTA_REACH "${reach}"
                                             EXPORT_NAME ${C_NAME})
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${C_HDRS})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_link_libraries(${target} ${scope} ${deps})
  install(TARGETS ${target} EXPORT RotaTargets FILE_SET HEADERS)
  if(NOT C_TESTONLY)
    set_property(GLOBAL APPEND PROPERTY ROTA_PUBLIC_COMPONENTS ${target})
  endif()

  if(ROTA_BUILD_TESTS AND C_TESTS)
    rota_resolve_dependencies(${C_NAME} test_deps ${C_TEST_DEPS})
    rota_check_includes(${C_NAME} "${private_reach};${test_deps_reach}" ${C_TESTS})
    add_executable(${target}_test ${C_TESTS})
    target_compile_options(${target}_test PRIVATE ${ROTA_WARNINGS})
    target_link_libraries(${target}_test PRIVATE ${target} ${private_deps} ${test_deps} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${target}_test PROPERTIES LABELS ${C_NAME} DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
