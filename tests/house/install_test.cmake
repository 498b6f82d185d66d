# Installs the build BUILD into the folder WORK, builds the program in tests/install against it, and runs the program.

function(run)
  cmake_parse_arguments(PARSE_ARGV 0 R "" "EXPECT" "COMMAND")
  execute_process(COMMAND ${R_COMMAND} WORKING_DIRECTORY ${WORK} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  string(FIND "${output}" "${R_EXPECT}" position)
  if(NOT result EQUAL 0 OR position EQUAL -1)
    list(JOIN R_COMMAND " " command)
    message(FATAL_ERROR "${command}\nended with ${result}; expected 0 and \"${R_EXPECT}\" in\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
run(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix EXPECT RotaConfig.cmake)
run(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G Ninja -D CMAKE_PREFIX_PATH=${WORK}/prefix
            -D CMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_FLAGS=${FLAGS}")
run(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build)
configure_file(${SOURCE}/config.yaml ${WORK}/config.yaml COPYONLY)
run(COMMAND ${WORK}/build/consumer backup:run --dry-run EXPECT "would back up")
run(COMMAND ${WORK}/build/consumer schedule:list EXPECT "backup:run")
run(COMMAND ${WORK}/build/play EXPECT "2026-03-07T02:00:00Z backup:run succeeded")
