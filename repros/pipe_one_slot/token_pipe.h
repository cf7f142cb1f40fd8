// SPDX-License-Identifier: GPL-2.0-or-later
//
// TokenPipe: a pipe used as a semaphore, with a chosen number of slots. Its users read a byte to
// take a token and write one to give it back.
#pragma once

#include <string>

#include "harness/base/unique_fd.h"

namespace hangrate::pipe_one_slot {

class TokenPipe {
 public:
  /// What the pipe says of itself.
  struct Look {
    int queued = 0;     ///< bytes, FIONREAD
    int capacity = 0;   ///< bytes, F_GETPIPE_SZ
    bool room = false;  ///< poll(2) says POLLOUT: a slot is free
  };

  /// Makes a pipe of `slots` pages. Returns "" or what failed, with errno text.
  std::string open(int slots);
  /// Puts one token on the last byte of the first page: there is none after it to join. The pipe is
  /// empty before. Returns "" or what failed.
  std::string put_token_at_page_end(char token);

  Look look() const;
  int read_end() const { return read_end_.get(); }
  int write_end() const { return write_end_.get(); }

  // Without ever sleeping: through a file description of their own, which is O_NONBLOCK.

  /// Takes a token. False: there is none.
  bool take(char& token);
  /// Gives a token back. False: the pipe does not take it.
  bool give(char token);

  void close();

 private:
  UniqueFd read_end_;
  UniqueFd write_end_;
  UniqueFd awake_;  // the non-blocking one, both directions
};

}  // namespace hangrate::pipe_one_slot
