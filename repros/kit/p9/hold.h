// SPDX-License-Identifier: GPL-2.0-or-later
//
// A 9P2000.L server that holds the requests of one type, and is asked to forget them (TFLUSH).
#pragma once

#include <atomic>

#include <poll.h>

#include "server.h"

struct hang_p9_hold {              // in memory that the server and its worker share
  std::atomic<int> wanted;         // the type of request that is held; 0: none
  std::atomic<int> held, flushed;  // how many, and how many of them it was told to forget
};

/// Serves until the client is gone, and answers what it holds once `released`, a descriptor, is
/// readable. A request that it is told to forget it answers with `answer`, an errno, and then the
/// TFLUSH; 0: it forgets the request.
inline void hang_p9_serve_holding(int socket, hang_p9_hold* told, int released, uint32_t answer) {
  static hang_p9_message held, request, reply;
  for (bool holds = false;;) {
    pollfd from[2] = {{socket, POLLIN, 0}, {holds ? released : -1, POLLIN, 0}};
    poll(from, 2, -1);
    const bool comes = from[0].revents != 0;  // goes first: it may be the TFLUSH
    if (comes && !hang_p9_read(socket, &request)) return;
    if (comes && !holds && request.type() == told->wanted) {
      held = request;
      holds = true;
      ++told->held;
      continue;
    }
    if (comes && holds && request.type() == HANG_P9_FLUSH && hang_p9_flushes(request, held)) {
      holds = false;
      ++told->flushed;
      hang_p9_refuse(held, answer, &reply);
      if (answer != 0 && !hang_p9_send(socket, reply)) return;
    }
    if (!comes && from[1].revents == 0) continue;
    hang_p9_reply(comes ? request : held, &reply);
    if (!hang_p9_send(socket, reply)) return;
    holds = holds && comes;
  }
}
