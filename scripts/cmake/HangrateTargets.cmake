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

# hangrate_options(TARGET): what every target gets: warnings and include root.
function(hangrate_options target)
  target_link_libraries(${target} PRIVATE hangrate_warnings)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    # A program must not want the libraries of what it never calls.
    target_link_options(${target} PRIVATE -Wl,--as-needed)
  endif()
endfunction()

# hangrate_for_guests(TARGET): makes it a static program of the folder guests are filled from.
function(hangrate_for_guests target)
  target_link_options(${target} PRIVATE -static -s)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/libexec/hangrate/guest)
  install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/hangrate/guest)
  set_property(GLOBAL APPEND PROPERTY HANGRATE_GUEST_PROGRAMS ${target})
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

# hangrate_causes(TARGET): adds repros/*/cause.cpp and the table of their rules. They are sources of the
# library itself, so that whoever explains a trace has them all; no code in the harness names one.
function(hangrate_causes target)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/repros/*/cause.cpp)
  set(declared "")
  set(listed "")
  foreach(source ${sources})
    get_filename_component(folder ${source} DIRECTORY)
    get_filename_component(name ${folder} NAME)
    string(APPEND declared "CauseRule ${name};\n")
    string(APPEND listed "    causes::${name},\n")
  endforeach()
  set(table ${CMAKE_CURRENT_BINARY_DIR}/cause_rules.cpp)
  file(CONFIGURE OUTPUT ${table} @ONLY CONTENT [[
// Made by scripts/cmake/HangrateTargets.cmake.
#include "harness/classify/causes.h"

namespace hangrate {

namespace causes {
@declared@}  // namespace causes

std::span<CauseRule* const> cause_rules() {
  static CauseRule* const rules[] = {
@listed@  };
  return rules;
}

}  // namespace hangrate
]])
  target_sources(${target} PRIVATE ${sources} ${table})
endfunction()

# hangrate_tests(NAME FOLDER dir LINK ...): *_test.cpp into NAME_test, *_bench.cpp into NAME_bench.
function(hangrate_tests name)
  cmake_parse_arguments(arg "" "FOLDER" "LINK" ${ARGN})
  file(GLOB tests CONFIGURE_DEPENDS ${arg_FOLDER}/*_test.cpp)
  if(HANGRATE_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${arg_LINK} hangrate_testing GTest::gmock GTest::gtest_main)
    hangrate_options(${name}_test)
    target_compile_definitions(${name}_test PRIVATE HANGRATE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
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

# hangrate_fuzz_targets(FOLDER dir LINK ...): a libFuzzer program fuzz_NAME from every NAME_fuzz.cpp;
# all of them are the target "fuzz". In a build that does not fuzz, each reads its seeds, corpus/NAME,
# as one unit test: a target that no longer compiles or holds is seen at once.
function(hangrate_fuzz_targets)
  cmake_parse_arguments(arg "" "FOLDER" "LINK" ${ARGN})
  add_custom_target(fuzz)
  file(GLOB sources CONFIGURE_DEPENDS ${arg_FOLDER}/*_fuzz.cpp)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^(.*)_fuzz$" "\\1" name ${name})
    add_executable(fuzz_${name} ${source})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_LINK})
    hangrate_options(fuzz_${name})
    set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    add_dependencies(fuzz fuzz_${name})
    if(HANGRATE_FUZZ)
      target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
      target_sources(fuzz_${name} PRIVATE ${arg_FOLDER}/seeds.cpp)
      file(GLOB seeds CONFIGURE_DEPENDS ${arg_FOLDER}/corpus/${name}/*)
      add_test(NAME FuzzSeeds.${name} COMMAND fuzz_${name} ${seeds})
      set_tests_properties(FuzzSeeds.${name} PROPERTIES LABELS unit TIMEOUT 120)
    endif()
  endforeach()
endfunction()

# hangrate_add_repro(DIR): the program of one reproducer folder, for this machine and for guests, and
# its tests.
function(hangrate_add_repro folder)
  get_filename_component(name ${folder} NAME)
  set(output ${PROJECT_BINARY_DIR}/libexec/hangrate)
  hangrate_reproducer(${name} FOLDER ${folder} OUTPUT ${output} STATIC ${output}/guest)
  set_property(GLOBAL APPEND PROPERTY HANGRATE_REPROS ${name} ${name}_guest)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/hangrate/${name})
  install(FILES ${folder}/repro.json DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/hangrate/${name})
  install(TARGETS ${name}_guest RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/hangrate/guest)
  # Tests and benchmarks of its parts link its code, without its main().
  get_target_property(sources ${name} SOURCES)
  add_library(${name}_parts OBJECT EXCLUDE_FROM_ALL ${sources})
  target_compile_definitions(${name}_parts PRIVATE main=hang_program_main)
  hangrate_options(${name}_parts)
  hangrate_tests(${name} FOLDER ${folder} LINK ${name}_parts hangrate_classify)
endfunction()

# hangrate_reproducer(NAME FOLDER dir OUTPUT dir [STATIC dir]): the program OUTPUT/NAME/NAME with its
# repro.json, from every .cpp or .c of the folder that is no test; and STATIC/NAME for guests.
function(hangrate_reproducer name)
  cmake_parse_arguments(arg "" "FOLDER;OUTPUT;STATIC" "" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${arg_FOLDER}/*.cpp ${arg_FOLDER}/*.c)
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "/cause\\.cpp$")  # of the harness: see harness/classify
  set(mailed ${sources})
  list(FILTER mailed INCLUDE REGEX "/${name}\\.cp*$")
  list(REMOVE_ITEM sources ${mailed})
  list(PREPEND sources ${mailed})  # its first variant is the default of the program run alone
  if(EXISTS ${arg_OUTPUT}/${name} AND NOT IS_DIRECTORY ${arg_OUTPUT}/${name})
    file(REMOVE ${arg_OUTPUT}/${name})  # a program of the layout before
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE Threads::Threads)
  hangrate_options(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${arg_OUTPUT}/${name})
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${arg_FOLDER}/repro.json ${arg_OUTPUT}/${name})
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${arg_FOLDER}/repro.json)
  if(arg_STATIC)
    add_executable(${name}_guest ${sources})
    target_link_libraries(${name}_guest PRIVATE Threads::Threads)
    hangrate_options(${name}_guest)
    target_link_options(${name}_guest PRIVATE -static -s)
    set_target_properties(${name}_guest PROPERTIES
      OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${arg_STATIC})
  endif()
endfunction()

# hangrate_fake_guest(NAME): beside its static program what else guests of a test are filled from.
function(hangrate_fake_guest name)
  get_target_property(folder ${name}_guest RUNTIME_OUTPUT_DIRECTORY)
  add_custom_command(TARGET ${name}_guest POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy_if_different $<TARGET_FILE:hangrate-init>
            $<TARGET_FILE:hangrate-guest> ${folder})
  add_dependencies(${name}_guest hangrate-init hangrate-guest)
endfunction()

# wait_cases: hung and healthy tasks, for this machine and for guests; and a hung program as it is met.
# Not installed.
function(hangrate_wait_cases)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/harness/testing/waits/*.cpp)
  foreach(name wait_cases wait_cases_guest)
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE Threads::Threads)
    hangrate_options(${name})
    # A sanitizer has threads and descriptors of its own, and is no task of a case.
    target_compile_options(${name} PRIVATE -fno-sanitize=all)
    target_link_options(${name} PRIVATE -fno-sanitize=all)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/waits)
  endforeach()
  target_link_options(wait_cases_guest PRIVATE -static -s)
  set_target_properties(wait_cases_guest PROPERTIES
    OUTPUT_NAME wait_cases RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/waits/guest)
  add_executable(fuse_own_file ${PROJECT_SOURCE_DIR}/harness/testing/stories/fuse_own_file.cpp
    ${PROJECT_SOURCE_DIR}/harness/testing/waits/corner.cpp)
  target_link_libraries(fuse_own_file PRIVATE Threads::Threads)
  hangrate_options(fuse_own_file)
  set_target_properties(fuse_own_file PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/stories)
  add_executable(resize_stall ${PROJECT_SOURCE_DIR}/harness/testing/stories/resize_stall.c)
  set_target_properties(resize_stall PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/stories)
endfunction()

# Tests of whole programs: harness/testing/*_test.cpp, one after the other because they measure.
function(hangrate_end_to_end_tests)
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/harness/testing/*_test.cpp)
  add_executable(end_to_end_test ${tests})
  target_link_libraries(end_to_end_test PRIVATE hangrate_run hangrate_guest
    GTest::gmock GTest::gtest_main
    valijson)
  target_compile_definitions(end_to_end_test PRIVATE
    HANGRATE_BUILD_DIR="${PROJECT_BINARY_DIR}" HANGRATE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  hangrate_options(end_to_end_test)
  get_property(repros GLOBAL PROPERTY HANGRATE_REPROS)
  add_dependencies(end_to_end_test hangrate hangrate-guest run-command fake fault_layer sleepers sleepers_guest
    wait_cases fuse_own_file resize_stall ${repros})
  gtest_discover_tests(end_to_end_test DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS whole TIMEOUT 300 RUN_SERIAL ON)
  add_test(NAME MatrixHtml.ReadsRightInABrowser
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/html-check --build ${PROJECT_BINARY_DIR})
  set_tests_properties(MatrixHtml.ReadsRightInABrowser PROPERTIES
    LABELS whole TIMEOUT 300 RUN_SERIAL ON SKIP_RETURN_CODE 4)
  add_test(NAME Soak.HealthyTrialsUnderTormentAreNeverConvicted
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/soak --build ${PROJECT_BINARY_DIR} --trials 100000)
  set_tests_properties(Soak.HealthyTrialsUnderTormentAreNeverConvicted PROPERTIES
    LABELS whole TIMEOUT 900 RUN_SERIAL ON SKIP_RETURN_CODE 4)
  add_test(NAME Soak.KilledRunsLeaveNothingBehind
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/soak-leftovers --build ${PROJECT_BINARY_DIR} --kills 30)
  set_tests_properties(Soak.KilledRunsLeaveNothingBehind PROPERTIES
    LABELS whole TIMEOUT 300 RUN_SERIAL ON SKIP_RETURN_CODE 4)
  # Their reproducer lies, so that nothing but their own deadline speaks for them.
  add_test(NAME Soak.SleepersUnderTormentAreNeverConvicted
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/soak-sleepers --build ${PROJECT_BINARY_DIR} --sleepers 90
            --longest 12000 --load tormented --claims broken)
  set_tests_properties(Soak.SleepersUnderTormentAreNeverConvicted PROPERTIES
    LABELS whole TIMEOUT 600 RUN_SERIAL ON)
  add_test(NAME Soak.NoWorkerThatLiesGetsAStrangerSignalled
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/soak-liars --build ${PROJECT_BINARY_DIR} --trials 2000)
  set_tests_properties(Soak.NoWorkerThatLiesGetsAStrangerSignalled PROPERTIES
    LABELS whole TIMEOUT 300 RUN_SERIAL ON SKIP_RETURN_CODE 4)
  add_test(NAME Soak.NoFailedCallAndNoHarmToItsFilesEndsWithZero
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/soak-faults --build ${PROJECT_BINARY_DIR} --faults 120
            --harms 30)
  add_test(NAME Soak.AKilledRunLosesNoTrialAndCountsNoneTwice
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/soak-kills --build ${PROJECT_BINARY_DIR} --kills 20
            --matrix-kills 0)
  add_test(NAME Soak.AKilledMatrixLosesNoTrialAndCountsNoneTwice
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/soak-kills --build ${PROJECT_BINARY_DIR} --kills 0
            --matrix-kills 3 --kernel debian:bookworm)
  set_tests_properties(Soak.NoFailedCallAndNoHarmToItsFilesEndsWithZero
    Soak.AKilledRunLosesNoTrialAndCountsNoneTwice Soak.AKilledMatrixLosesNoTrialAndCountsNoneTwice
    PROPERTIES LABELS whole TIMEOUT 600 RUN_SERIAL ON SKIP_RETURN_CODE 4)
endfunction()
