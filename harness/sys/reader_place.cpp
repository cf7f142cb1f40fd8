// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/reader_place.h"

#include <new>

#include <sys/mman.h>

namespace hangrate {

SharedReaderPlace::SharedReaderPlace() {
  void* shared = ::mmap(nullptr, sizeof(ReaderPlace), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared != MAP_FAILED) place_ = new (shared) ReaderPlace;
}

SharedReaderPlace::~SharedReaderPlace() {
  if (place_ != nullptr) ::munmap(place_, sizeof(ReaderPlace));
}

}  // namespace hangrate
