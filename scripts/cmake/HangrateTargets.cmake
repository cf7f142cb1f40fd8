# SPDX-License-Identifier: GPL-2.0-or-later
#
# The few ways a target of this project is made. Sources are found by glob: a new file, reproducer
# or test needs no list edited.

add_library(hangrate_warnings INTERFACE)
target_compile_options(hangrate_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wswitch-enum -Wnull-dereference
  -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough
  -Wno-missing-field-initializers)  # a designated initialiser means "the rest as declared"
if(HANGRATE_WERROR)
  target_compile_options(hangrate_warnings INTERFACE -Werror)
endif()

# Options every target gets: warnings, include root, static linking if asked for.
function(hangrate_options target)
  target_link_libraries(${target} PRIVATE hangrate_warnings)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  get_target_property(type ${target} TYPE)
  if(HANGRATE_STATIC AND type STREQUAL "EXECUTABLE")
    target_link_options(${target} PRIVATE -static)
  endif()
endfunction()

# hangrate_layer(NAME [LINK targets...]): one static library from every .cpp of this folder that is
# neither test nor benchmark.
function(hangrate_layer name)
  cmake_parse_arguments(arg "" "FOLDER" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${arg_FOLDER}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(sources)
    add_library(hangrate_${name} STATIC ${sources})
    target_link_libraries(hangrate_${name} PUBLIC ${arg_LINK})
    hangrate_options(hangrate_${name})
  else()
    add_library(hangrate_${name} INTERFACE)
    target_link_libraries(hangrate_${name} INTERFACE ${arg_LINK})
  endif()
  hangrate_tests(${name} FOLDER ${arg_FOLDER} LINK hangrate_${name})
endfunction()

# hangrate_tests(NAME FOLDER dir LINK ...): *_test.cpp into NAME_test, *_bench.cpp into NAME_bench.
function(hangrate_tests name)
  cmake_parse_arguments(arg "" "FOLDER" "LINK" ${ARGN})
  file(GLOB tests CONFIGURE_DEPENDS ${arg_FOLDER}/*_test.cpp)
  if(HANGRATE_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${arg_LINK} hangrate_testing GTest::gmock GTest::gtest_main)
    hangrate_options(${name}_test)
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60
      PROPERTIES LABELS unit TIMEOUT 120 ENVIRONMENT "${HANGRATE_TEST_ENVIRONMENT}")
  endif()
  file(GLOB benches CONFIGURE_DEPENDS ${arg_FOLDER}/*_bench.cpp)
  if(HANGRATE_BENCHMARKS AND benches)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE ${arg_LINK} benchmark::benchmark benchmark::benchmark_main)
    hangrate_options(${name}_bench)
    set_target_properties(${name}_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  endif()
endfunction()

# hangrate_add_repro(DIR): the standalone program of one reproducer folder.
function(hangrate_add_repro folder)
  get_filename_component(name ${folder} NAME)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE hangrate_kit_main)
  hangrate_options(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/libexec/hangrate)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/hangrate)
  hangrate_tests(${name} FOLDER ${folder} LINK hangrate_kit hangrate_run)
endfunction()
