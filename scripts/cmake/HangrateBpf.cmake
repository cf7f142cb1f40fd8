# SPDX-License-Identifier: GPL-2.0-or-later
#
# How kernel programs are compiled. No kernel, no BTF and no bpftool are needed to build.

include(CheckCXXSourceCompiles)

set(HANGRATE_BPF AUTO CACHE STRING "Build the kernel programs of bpf/: AUTO, ON or OFF")
set_property(CACHE HANGRATE_BPF PROPERTY STRINGS AUTO ON OFF)

# hangrate_find_bpf(VARIABLE): sets it to the reason why kernel programs cannot be built, or to "".
function(hangrate_find_bpf variable)
  set(${variable} "" PARENT_SCOPE)
  if(NOT HANGRATE_BPF AND NOT HANGRATE_BPF STREQUAL AUTO)
    set(${variable} "HANGRATE_BPF=OFF" PARENT_SCOPE)
    return()
  endif()
  set(why "")
  find_program(HANGRATE_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)
  # Static, because the programs for guests are, and a reproducer is sent by mail.
  find_library(HANGRATE_STATIC_LIBBPF libbpf.a)
  find_library(HANGRATE_STATIC_LIBELF libelf.a)
  if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    set(why "only x86_64 is supported")
  elseif(NOT HANGRATE_CLANG)
    set(why "no clang")
  elseif(NOT HANGRATE_STATIC_LIBBPF)
    set(why "no libbpf.a (libbpf-dev)")
  elseif(NOT HANGRATE_STATIC_LIBELF)
    set(why "no libelf.a (libelf-dev)")
  else()
    execute_process(COMMAND ${HANGRATE_CLANG} -print-targets OUTPUT_VARIABLE targets ERROR_QUIET)
    if(NOT targets MATCHES "bpf")
      set(why "${HANGRATE_CLANG} has no bpf target")
    endif()
  endif()
  if(NOT why)
    # From 0.190 on libelf.a may want zstd.
    find_library(HANGRATE_STATIC_LIBZSTD libzstd.a)
    mark_as_advanced(HANGRATE_STATIC_LIBZSTD)
    set(HANGRATE_BPF_LIBRARIES ${HANGRATE_STATIC_LIBBPF} ${HANGRATE_STATIC_LIBELF} ${HANGRATE_STATIC_ZLIB})
    if(HANGRATE_STATIC_LIBZSTD)
      list(APPEND HANGRATE_BPF_LIBRARIES ${HANGRATE_STATIC_LIBZSTD})
    endif()
    set(HANGRATE_BPF_LIBRARIES ${HANGRATE_BPF_LIBRARIES} PARENT_SCOPE)
    set(CMAKE_REQUIRED_LIBRARIES ${HANGRATE_BPF_LIBRARIES})
    check_cxx_source_compiles("#include <bpf/libbpf.h>
      int main(int, char** v) { return bpf_object__open(v[0]) != nullptr; }" HANGRATE_LIBBPF_LINKS)
    if(NOT HANGRATE_LIBBPF_LINKS)
      set(why "libbpf.a and libelf.a do not link (libzstd-dev?)")
    endif()
  endif()
  if(why AND NOT HANGRATE_BPF STREQUAL AUTO)
    message(FATAL_ERROR "HANGRATE_BPF=ON: ${why}")
  endif()
  set(${variable} "${why}" PARENT_SCOPE)
endfunction()

# hangrate_bpf_object(SOURCE NAME OUTPUT flags...): compiles a kernel program. What it includes is known by
# the compiler's dependency file; the object appears whole or not at all.
function(hangrate_bpf_object source name output)
  find_program(HANGRATE_LLVM_STRIP NAMES llvm-strip llvm-strip-19 llvm-strip-18 llvm-strip-17
    llvm-strip-16 llvm-strip-15 llvm-strip-14)
  set(strip "")
  if(HANGRATE_LLVM_STRIP)
    set(strip COMMAND ${HANGRATE_LLVM_STRIP} -g ${output}.new)  # DWARF; BTF stays
  endif()
  add_custom_command(OUTPUT ${output}
    COMMAND ${HANGRATE_CLANG} -target bpf ${ARGN} -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter
      -Wno-pass-failed -D__TARGET_ARCH_x86 -I${PROJECT_SOURCE_DIR}
      -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
      -MD -MF ${output}.d -MT ${output} -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${output}.new
    ${strip}
    COMMAND ${CMAKE_COMMAND} -E rename ${output}.new ${output}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source}
    DEPFILE ${output}.d
    COMMENT "Compiling kernel programs (${name})"
    VERBATIM)
endfunction()
