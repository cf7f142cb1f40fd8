// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files of /proc, and the stacks that the kernel programs print: any text is fields or an absence.
#include "bpf/stack_text.h"
#include "harness/fuzz/input.h"
#include "harness/judge/own_deadline.h"
#include "harness/model/proc_text.h"
#include "harness/model/snapshot_text.h"
#include "harness/model/tcp_peers.h"
#include "harness/waits/wait.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hangrate;
  const std::string text = fuzz::text_of(data, size);
  const auto parts = fuzz::parts_of(text, 5);
  SeenTask task;
  TaskSample& sample = task.sample;
  parse_stat(parts[0], task);
  parse_status(parts[1], task);
  parse_wchan(parts[2], sample);
  parse_syscall(parts[3], sample);
  parse_stack(parts[4], sample);
  (void)syscall_number(sample);
  (void)own_deadline(sample);
  SeenProcess process;
  Descriptor descriptor;
  take_fdinfo(text, descriptor, process);
  descriptor.kind = ObjectKind::Epoll;
  process.descriptors.push_back(descriptor);
  for (const char* call : {"epoll_wait", "poll", "select", "futex"}) {
    sample.syscall_name = call;
    (void)wait_of(task, &process, text);
    (void)memory_wanted(sample);
  }
  (void)parse_locks(text);
  (void)parse_maps(text);
  (void)quiet_tcp_peers(parts[0], parts[1]);
  (void)held_locks(text);
  (void)lock_file(parts[0], parts[1]);
  (void)parse_task_stacks(text);
  (void)parse_layout(text);
  return 0;
}
